package supervisor

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/survey"
)

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// imaged is a project with one service of an image, and its container running.
func imaged(g *stage) project.Service {
	c := image.Config{Cmd: []string{"serve"}, Env: []string{"A=1"}, Labels: map[string]string{"from": "image"}, User: "app", Volumes: []string{"/data"}}
	g.f.Store = imageconfig.Set{"web:1": resolved("aa", c)}
	web := svc("web", withImage("web:1"))
	g.must(g.up(proj(web)))
	return web
}

// What changes in place is on record, over what the image says, and the container goes
// on: the same id, the same run. The second up does nothing and says nothing.
func TestChangesInPlaceKeepTheRun(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		web := imaged(g)
		before := g.record(t, "demo-web-1")
		web.Labels = map[string]string{"tier": "front"}
		web.Restart = project.RestartPolicy{Mode: project.RestartAlways}
		web.StopSignal = "SIGINT"
		web.StopGracePeriod = 3 * time.Second
		web.HealthCheck = &project.HealthCheck{Test: []string{"CMD", "probe"}}
		r := g.must(g.up(proj(web)))
		inOrder(t, r.lines, "Container demo-web-1 Updating", "Container demo-web-1 Updated")
		rec := g.record(t, "demo-web-1")
		s := rec.Service
		if rec.ID != before.ID || rec.Run != before.Run {
			t.Errorf("another container or run: %s/%d, %s/%d", rec.ID[:8], rec.Run, before.ID[:8], before.Run)
		}
		if s.Labels["tier"] != "front" || s.Labels["from"] != "image" || s.Restart.Mode != project.RestartAlways || s.StopSignal != "SIGINT" || s.StopGracePeriod != 3*time.Second || s.User != "app" {
			t.Errorf("on record: %+v", s)
		}
		if rec.Hash == before.Hash {
			t.Error("the label config-hash is that of before")
		}
		g.wantStates("web-1=running:starting") // the check has begun
		events, stop := g.listen()
		again := g.must(g.up(proj(web)))
		if lines := strings.Join(again.lines, "\n"); strings.Contains(lines, "Updat") || strings.Contains(lines, "Recreate") {
			t.Errorf("the second up says\n%s", lines)
		}
		for _, e := range stop(events) {
			if e.Action != "exists" {
				t.Errorf("event %s", e.Action)
			}
		}
	})
}

// A port that changes costs a restart: the container keeps its id, and its next run has
// the port.
func TestPortsCostARestart(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		web := imaged(g)
		before := g.record(t, "demo-web-1")
		web.Ports = []project.Port{{HostPort: 8080, Target: 80, Protocol: "tcp"}}
		r := g.must(g.up(proj(web)))
		inOrder(t, r.lines, "Container demo-web-1 Stopping", "Container demo-web-1 Stopped", "Container demo-web-1 Updated", "Container demo-web-1 Starting", "Container demo-web-1 Started")
		rec := g.record(t, "demo-web-1")
		if rec.ID != before.ID || rec.Run != before.Run+1 || len(rec.Service.Ports) != 1 {
			t.Errorf("%+v", rec)
		}
	})
}

// What depends_on and the like say is taken over without a word.
func TestWhatNobodyReadsIsTakenOver(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		web := imaged(g)
		web.Attach = false
		web.PreStop = []project.Hook{{Command: []string{"bye"}}}
		r := g.must(g.up(proj(web)))
		if strings.Join(r.lines, " ") != "Image web:1 Loading Image web:1 Loaded Container demo-web-1 Running" {
			t.Errorf("%q", r.lines)
		}
		if s := g.record(t, "demo-web-1").Service; s.Attach || len(s.PreStop) != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// A record of a version that did not keep what its containers were made of, and whose
// hashes were computed otherwise, replaces nothing after an upgrade; what really differs
// is found, and named.
func TestOldRecordsReplaceNothing(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		web := imaged(g)
		forget := func() {
			fine(t, g.s.loop.Commit(func() {
				for _, i := range g.s.loop.Instances {
					i.Rec.Made, i.Rec.Volumes, i.Rec.Hash = nil, nil, "of another version"
				}
			}))
		}
		forget()
		g.crash()
		before := g.record(t, "demo-web-1")
		g.must(g.up(proj(web)))
		rec := g.record(t, "demo-web-1")
		p := proj(web)
		if rec.ID != before.ID || rec.Run != before.Run || rec.Made == nil || rec.Hash != p.Hash(&web) {
			t.Errorf("%+v", rec)
		}
		forget()
		web.Labels = map[string]string{"tier": "front"}
		g.must(g.up(proj(web)))
		if rec = g.record(t, "demo-web-1"); rec.ID != before.ID || rec.Service.Labels["tier"] != "front" || rec.Service.Labels["from"] != "image" {
			t.Errorf("a label: %+v", rec)
		}
		forget()
		web.Command = []string{"other"}
		live, err := g.s.live()
		fine(t, err)
		o := survey.Of(live, survey.Up)
		next := proj(web)
		survey.Explain(&o, live, &next, imageconfig.Set{"web": g.f.Store["web:1"]})
		if c := o.Containers[0]; c.Made == nil || c.Wanted == nil || !slices.Equal(c.Wanted.Command, []string{"other"}) || !slices.Equal(c.Made.Command, []string{"serve"}) {
			t.Errorf("%+v", c)
		}
		g.must(g.up(proj(web)))
		if g.record(t, "demo-web-1").ID == before.ID {
			t.Error("another command, and the same container")
		}
	})
}

// The record that a plan is made of comes without a change, and says what is lost.
func TestRecordIsTold(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		imaged(g)
		live, err := g.s.live()
		fine(t, err)
		if len(live.Containers) != 1 || live.Containers[0].Made == nil || len(live.Lost) != 0 {
			t.Errorf("%+v", live)
		}
		if r := g.must(g.do(api.Request{Op: api.OpRecord})); len(r.lines) != 0 {
			t.Errorf("%q", r.lines)
		}
	})
}
