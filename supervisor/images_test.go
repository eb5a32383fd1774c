package supervisor

import (
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/project"
)

func withImage(name string) func(*project.Service) {
	return func(s *project.Service) { s.Image = name }
}

func resolved(id string, c image.Config) imageconfig.Resolved {
	return imageconfig.Resolved{Image: imageconfig.Image{ID: "sha256:" + id, Name: "web:1"}, Config: c}
}

// What a container takes from its image is in its record, with the file's over it.
func TestUpTakesTheImageOver(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		c := image.Config{
			Entrypoint: []string{"/entry"}, Cmd: []string{"serve"}, Env: []string{"A=1", "B=2"}, User: "app", StopSignal: "SIGQUIT",
			ExposedPorts: []string{"80/tcp"}, Volumes: []string{"/data", "/proc"}, Labels: map[string]string{"from": "image"},
			Healthcheck: &image.Healthcheck{Test: []string{"CMD", "probe"}, Retries: 7},
		}
		g.f.Store = imageconfig.Set{"web:1": resolved("aa", c)}
		web := svc("web", withImage("web:1"))
		web.Environment = []string{"B=3"}
		r := g.must(g.up(proj(web)))
		inOrder(t, r.lines, "Image web:1 Loading", "Image web:1 Loaded", "Container demo-web-1 Creating", "Container demo-web-1 Started")
		if !slices.Contains(r.lines, "Container demo-web-1 Warning") {
			t.Errorf("nothing is said about the volume at /proc: %q", r.lines)
		}
		rec := g.record(t, "demo-web-1")
		s := rec.Service
		if rec.Image != (imageconfig.Image{ID: "sha256:aa", Name: "web:1"}) || s.User != "app" || s.StopSignal != "SIGQUIT" || len(s.Mounts) != 1 ||
			strings.Join(s.Environment, " ") != "A=1 B=3" || s.HealthCheck.Retries != 7 || s.Labels["from"] != "image" {
			t.Errorf("%+v", rec)
		}
		if got := rec.Labels(&project.Project{})["com.docker.compose.image"]; got != "sha256:aa" {
			t.Errorf("the label has image %q", got)
		}
		g.wantStates("web-1=running:starting")
		got := g.do(api.Request{Op: api.OpPS}).ps[0]
		if got.Image != "web:1" || strings.Join(got.Command, " ") != "/entry serve" || len(got.Ports) != 1 || got.Ports[0] != (api.Port{Target: 80, Protocol: "tcp"}) {
			t.Errorf("ps: %+v", got)
		}
		if lines := g.must(g.up(proj(web))).lines; !slices.Contains(lines, "Container demo-web-1 Running") {
			t.Errorf("the second up says %q", lines)
		}
	})
}

func (g *stage) record(t *testing.T, name string) (r Replica) {
	t.Helper()
	all, err := g.s.loop.Snapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if one.Name == name {
			return one
		}
	}
	t.Fatalf("no container %s", name)
	return r
}

// Another image behind the same name replaces the container; what the hash leaves
// out does not, and does not take over the new image's configuration either.
func TestAnotherImageReplaces(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		web := svc("web", withImage("web:1"))
		g.f.Store = imageconfig.Set{"web:1": resolved("aa", image.Config{Cmd: []string{"old"}})}
		g.must(g.up(proj(web)))
		first := g.record(t, "demo-web-1").ID
		g.f.Store["web:1"] = resolved("bb", image.Config{Cmd: []string{"new"}})
		web.DependsOn = []project.Dependency{{Service: "db", Condition: project.ConditionStarted}}
		g.must(g.do(api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: proj(svc("db"), web), Recreate: api.RecreateNever}}))
		rec := g.record(t, "demo-web-1")
		if rec.ID != first || rec.Service.Command[0] != "old" || len(rec.Service.DependsOn) != 1 {
			t.Errorf("--no-recreate: %+v", rec)
		}
		r := g.must(g.up(proj(svc("db"), web)))
		if rec := g.record(t, "demo-web-1"); rec.Image.ID != "sha256:bb" || rec.Service.Command[0] != "new" || !slices.Contains(r.lines, "Container demo-web-1 Recreated") {
			t.Errorf("%+v\n%q", rec, r.lines)
		}
	})
}

// A missing image, or one with a configuration that cannot be, changes nothing.
func TestMissingImagesChangeNothing(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Store = imageconfig.Set{"bad:1": resolved("cc", image.Config{StopSignal: "SIGNONE"})}
		for name, says := range map[string]string{"gone:1": "no such image: gone:1", "bad:1": "stop signal"} {
			r := g.up(proj(svc("db"), svc("web", withImage(name))))
			if r.err == nil || !strings.Contains(r.err.Message, says) {
				t.Errorf("%s: %+v", name, r.err)
			}
			if g.states() != "" {
				t.Errorf("%s: %s", name, g.states())
			}
		}
		r := g.do(api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: proj(svc("db"), svc("web", withImage("gone:1"))), Services: []string{"db"}}})
		g.must(r)
		g.wantStates("db-1=running")
	})
}

// What a dead supervisor's containers took from their images is not asked again.
func TestAdoptionNeedsNoImage(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Store = imageconfig.Set{"web:1": resolved("aa", image.Config{Cmd: []string{"serve"}})}
		g.must(g.up(proj(svc("web", withImage("web:1"), restarts("always", 0)))))
		g.f.Store = imageconfig.Set{}
		g.crash()
		g.wantStates("web-1=running")
		g.must(g.do(api.Request{Op: api.OpRestart, Stop: &api.StopRequest{Timeout: seconds(0)}}))
		if rec := g.record(t, "demo-web-1"); rec.Image.Name != "web:1" || rec.Service.Command[0] != "serve" {
			t.Errorf("%+v", rec)
		}
	})
}
