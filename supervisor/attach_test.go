package supervisor

import (
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// attaching is an attach that is under way, and what came of it.
func (g *stage) attaching(b api.AttachRequest) chan reply {
	out := make(chan reply, 1)
	go func() { out <- g.do(api.Request{Op: api.OpAttach, Attach: &b}) }()
	settle()
	return out
}

// TestAttach: who attaches stays to the end of the present run and learns its exit code,
// and that memory was short; a policy that starts another run is no business of theirs.
func TestAttach(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(proj(svc("a", restarts("always", 0)))))
		first := g.attaching(api.AttachRequest{Service: "a"})
		g.f.Crash("demo-a-1", 3)
		if r := g.must(<-first); r.exit == nil || r.exit.Code != 3 {
			t.Errorf("exit %+v", r.exit)
		}
		sleep(time.Second)
		g.wantStates("a-1=running")
		second := g.attaching(api.AttachRequest{Service: "a"})
		outOfMemory(g, "demo-a-1", 64<<20)
		r := g.must(<-second)
		if r.exit == nil || r.exit.Code != 137 || !strings.Contains(strings.Join(r.lines, "\n"), "Container demo-a-1 Warning") {
			t.Errorf("exit %+v, said %q", r.exit, r.lines)
		}
	})
}

// TestAttachAgain: a client whose supervisor died goes on with the container that it was
// attached to, and not with another of its name.
func TestAttachAgain(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(proj(svc("a"))))
		id := g.s.loop.Replica("demo-a-1").ID
		g.crash()
		again := g.attaching(api.AttachRequest{ID: id})
		g.f.Crash("demo-a-1", 4)
		if r := g.must(<-again); r.exit == nil || r.exit.Code != 4 {
			t.Errorf("exit %+v", r.exit)
		}
		g.must(g.do(api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: proj(svc("a")), Recreate: api.RecreateForce}}))
		if r := <-g.attaching(api.AttachRequest{ID: id}); r.err == nil || r.err.Message != "the container was removed meanwhile" {
			t.Errorf("error %+v", r.err)
		}
	})
}

// TestAttachRefused: where nothing runs that could be attached to, it says why and what to do.
func TestAttachRefused(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("b", program{Life: time.Second, Code: 1})
		g.must(g.up(proj(svc("a"), svc("b", restarts("always", 0)))))
		attach := func(service string) *api.Error { return (<-g.attaching(api.AttachRequest{Service: service})).err }
		g.must(g.do(api.Request{Op: api.OpPause, Pause: &api.PauseRequest{Services: []string{"a"}}}))
		if err := attach("a"); err == nil || err.Message != "cannot attach to a paused container, unpause it first" || err.Hint != "run: mocker-compose unpause a" {
			t.Errorf("paused: %+v", err)
		}
		sleep(1050 * time.Millisecond)
		if err := attach("b"); err == nil || err.Message != "cannot attach to a restarting container, wait until it is running" {
			t.Errorf("in its back-off: %+v", err)
		}
		g.must(g.stopAll())
		if err := attach("a"); err == nil || err.Message != `service "a" is not running` || err.Hint == "" {
			t.Errorf("stopped: %+v", err)
		}
		if err := attach("c"); err == nil || err.Message != "no such service: c" {
			t.Errorf("unknown: %+v", err)
		}
	})
}
