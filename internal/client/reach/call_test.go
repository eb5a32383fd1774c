package reach_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// stop asks the supervisor of the project demo for something.
func stop(t *testing.T, w *clienttest.World) error {
	t.Helper()
	return w.Supervisors().Call(clienttest.Bounded(t), "demo", reach.Asking, api.Request{Op: api.OpStop}, nil)
}

// TestRepeat: a supervisor that dies twice in the middle of a request is asked
// a third time.
func TestRepeat(t *testing.T) {
	w := clienttest.New(t)
	var deaths atomic.Int32
	w.Serve("demo", func(c *wire.Conn, r *api.Request, _ []*os.File) {
		if deaths.Add(1) <= 2 {
			_ = c.Send(clienttest.Step("demo-web-1", "Stopping"))
			return // the connection breaks
		}
		_ = c.Send(clienttest.Step("demo-web-1", "Stopped"))
		_ = c.Send(api.Answer{Done: true})
	})
	if err := stop(t, w); err != nil {
		t.Fatal(err)
	}
	if n := len(w.Asked(api.OpStop)); n != 3 {
		t.Errorf("asked %d times, want 3", n)
	}
}

// TestRepeatWhileItEnds: a supervisor whose project is just ending breaks connections for
// a while; it does not die again and again.
func TestRepeatWhileItEnds(t *testing.T) {
	w := clienttest.New(t)
	began := time.Now()
	w.Serve("demo", func(c *wire.Conn, _ *api.Request, _ []*os.File) {
		if time.Since(began) > 300*time.Millisecond {
			_ = c.Send(api.Answer{Done: true})
		}
	})
	if err := stop(t, w); err != nil {
		t.Error(err)
	}
}

func TestRepeatEnds(t *testing.T) {
	w := clienttest.New(t)
	w.Serve("demo", func(c *wire.Conn, _ *api.Request, _ []*os.File) { _ = c.Send(api.Answer{Turn: api.TurnHas}) })
	err := stop(t, w)
	if err == nil || !strings.Contains(err.Error(), "again and again") {
		t.Errorf("error %v, want one that says that the supervisor dies again and again", err)
	}
}

// TestRepeatInTheQueue: supervisors that die while the request waits for its turn do not
// die of it; those that die when it has its turn may.
func TestRepeatInTheQueue(t *testing.T) {
	w := clienttest.New(t)
	var lives atomic.Int32
	limit := int32(21) // then it has its turn
	w.Serve("demo", func(c *wire.Conn, _ *api.Request, _ []*os.File) {
		_ = c.Send(api.Answer{Turn: api.TurnWaits})
		if lives.Add(1) > limit {
			_ = c.Send(api.Answer{Turn: api.TurnHas})
		}
	})
	err := stop(t, w)
	if err == nil || !strings.Contains(err.Error(), "again and again") {
		t.Errorf("error %v, want one that says that the supervisor dies again and again", err)
	}
	if n := lives.Load(); n != limit+21 {
		t.Errorf("asked %d times, want %d", n, limit+21)
	}
}

// TestEventsGoOn: a supervisor that dies now and then interrupts nobody, as
// long as each has something to tell.
func TestEventsGoOn(t *testing.T) {
	w := clienttest.New(t)
	var lives atomic.Int32
	w.Serve("demo", func(c *wire.Conn, r *api.Request, _ []*os.File) {
		if !r.Events.Replay {
			return // then the client sees only deaths, and fails
		}
		_ = c.Send(api.Answer{Event: &api.Event{Action: "exists"}})
		if lives.Add(1) == 20 {
			_ = c.Send(api.Answer{Done: true})
		}
	})
	heard := 0
	if err := w.Supervisors().Events(clienttest.Bounded(t), "demo", reach.Asking, nil, func(*api.Event) error { heard++; return nil }); err != nil || heard != 20 {
		t.Errorf("%d events, %v; want 20", heard, err)
	}
}

// Who only looks starts nothing; who starts is told why it cannot be.
func TestNobodyThere(t *testing.T) {
	w := clienttest.New(t)
	started := 0
	s := w.Supervisors()
	s.Start = func(context.Context, state.Dirs, string, func(string)) error {
		started++
		return reach.ErrNoHost
	}
	if _, err := s.Connect(clienttest.Bounded(t), "demo", reach.Asking); !errors.Is(err, reach.ErrNotRunning) || started > 0 {
		t.Errorf("asking: %v, started %d times", err, started)
	}
	if _, err := s.Connect(clienttest.Bounded(t), "demo", reach.Starting); !errors.Is(err, reach.ErrNoHost) || started != 1 {
		t.Errorf("starting: %v, started %d times", err, started)
	}
	s.DryRun = true
	if _, err := s.Connect(clienttest.Bounded(t), "demo", reach.Starting); err == nil || started != 1 {
		t.Errorf("in a dry run: %v, started %d times", err, started)
	}
}

// A start that fails for a reason that may pass is tried again, and what the machine lacks
// is said once.
func TestEnsure(t *testing.T) {
	w := clienttest.New(t)
	var said []string
	tries := 0
	s := w.Supervisors()
	s.Warn = func(line string) { said = append(said, line) }
	s.Start = func(_ context.Context, _ state.Dirs, _ string, report func(string)) error {
		tries++
		report("no cgroups")
		if tries < 3 {
			return syscall.ECONNREFUSED
		}
		return nil
	}
	if err := s.Ensure(clienttest.Bounded(t), "demo"); err != nil || tries != 3 || len(said) != 1 {
		t.Errorf("%v after %d tries, said %q; want 3 tries and one line", err, tries, said)
	}
}

// What the supervisor refuses is an error of its own, with all that it said.
func TestRefused(t *testing.T) {
	w := clienttest.New(t)
	w.Serve("demo", clienttest.Script(map[api.Op][]api.Answer{api.OpStop: {{Done: true, Error: &api.Error{Message: "no", Hint: "wait", ExitCode: 7}}}}))
	var refused *reach.Refused
	if err := stop(t, w); !errors.As(err, &refused) || refused.Error() != "no" || refused.Answer.Hint != "wait" || refused.Answer.ExitCode != 7 {
		t.Errorf("%v, want what the supervisor said", err)
	}
}

// A connection that we gave up is no supervisor that died.
func TestBroken(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if err := reach.Broken(ctx, io.EOF); !errors.Is(err, reach.ErrBroken) {
		t.Errorf("end of the connection: %v", err)
	}
	if err := reach.Broken(ctx, syscall.ECONNRESET); !errors.Is(err, reach.ErrBroken) {
		t.Errorf("reset: %v", err)
	}
	other := errors.New("malformed")
	if err := reach.Broken(ctx, other); err != other {
		t.Errorf("another error: %v", err)
	}
	cancel()
	if err := reach.Broken(ctx, io.EOF); !errors.Is(err, context.Canceled) {
		t.Errorf("after we gave up: %v", err)
	}
}
