package supervisor

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// outOfMemory ends the run of a container as the kernel does for a limit.
func outOfMemory(g *stage, name string, limit int64) {
	g.f.Mu.Lock()
	defer g.f.Mu.Unlock()
	g.f.Runs[name].Die(Exit{Code: 137, Signal: syscall.SIGKILL, OOM: true, Limit: limit})
}

func TestOutOfMemoryIsTheReason(t *testing.T) {
	const reason = "out of memory: limit 100 MiB"
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(proj(svc("a"), svc("b"))))
		events, stop := g.listen()
		outOfMemory(g, "demo-a-1", 100<<20)
		sleep(time.Second)
		ps := g.do(api.Request{Op: api.OpPS}).ps[0]
		if ps.State != "exited" || !ps.OOM || ps.ExitCode != 137 || ps.Reason != reason {
			t.Errorf("ps %+v", ps)
		}
		g.wantStates("a-1=exited b-1=running")
		var got []string
		for _, e := range stop(events) {
			got = append(got, fmt.Sprintf("%s %t %s", e.Action, e.OOM, e.Reason))
		}
		if want := []string{"exists false ", "exists false ", "oom true " + reason, "die true " + reason}; !slices.Equal(got, want) {
			t.Errorf("events %q, want %q", got, want)
		}
	})
}

// What starts anew has no such reason any more, and a supervisor that comes when all
// is over tells it all the same.
func TestOutOfMemoryObeysPolicies(t *testing.T) {
	for _, c := range []struct {
		policy string
		most   int
		want   string
		starts int
	}{
		{"no", 0, "a-1=exited", 1},
		{"on-failure", 0, "a-1=running", 2},
		{"on-failure", 1, "a-1=running", 2},
		{"always", 0, "a-1=running", 2},
		{"unless-stopped", 0, "a-1=running", 2},
	} {
		for _, unseen := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s %d unseen %t", c.policy, c.most, unseen), func(t *testing.T) {
				scene(t, func(t *testing.T, g *stage) {
					g.must(g.up(proj(svc("a", restarts(project.RestartMode(c.policy), c.most)))))
					if unseen {
						_ = g.s.loop.Ask(func() { g.s.loop.Abandon() })
						g.s.Close()
					}
					outOfMemory(g, "demo-a-1", 0)
					if unseen {
						g.boot()
					}
					sleep(time.Second)
					g.wantStates(c.want)
					ps := g.do(api.Request{Op: api.OpPS}).ps[0]
					ends := c.want == "a-1=exited"
					if ps.OOM != ends || ends && !strings.HasPrefix(ps.Reason, "out of memory: not its own limit") {
						t.Errorf("ps %+v", ps)
					}
					if n := starts(g, "demo-a-1"); n != c.starts {
						t.Errorf("%d starts, want %d", n, c.starts)
					}
				})
			})
		}
	}
}

// A container that a command stops is stopped, whatever it died of.
func TestStopBeatsOutOfMemory(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Stubborn: true})
		g.must(g.up(proj(svc("a", restarts("always", 0)))))
		go func() {
			sleep(time.Second)
			outOfMemory(g, "demo-a-1", 1<<20)
		}()
		g.must(g.stopAll())
		ps := g.do(api.Request{Op: api.OpPS}).ps[0]
		if ps.State != "exited" || ps.Reason != "stopped" || !ps.OOM {
			t.Errorf("ps %+v", ps)
		}
	})
}

// Who waits for it is told why.
func TestOutOfMemoryOfADependency(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		job, web := svc("job"), svc("web", dep("job", project.ConditionCompleted))
		go func() {
			sleep(time.Second)
			outOfMemory(g, "demo-job-1", 1<<30)
		}()
		r := g.up(proj(job, web))
		if r.err == nil || !strings.Contains(r.err.Message, "exit 137 (out of memory: limit 1 GiB)") {
			t.Errorf("up: %+v", r.err)
		}
	})
}
