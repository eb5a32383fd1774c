package client

import (
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/project"
)

func TestDownOfAnUnknownProject(t *testing.T) {
	w := newWorld(t)
	if err := w.Down(bounded(t), Target{Name: "nope"}, &DownOptions{Timeout: -1}, nil); err != nil {
		t.Fatal(err)
	}
	wantOutput(t, "stderr", w.err, "Warning: No resource found to remove for project \"nope\".\n")
}

func TestStopOfAnUnknownProject(t *testing.T) {
	w := newWorld(t)
	err := w.Stop(bounded(t), Target{Name: "nope"}, &StopOptions{Timeout: -1}, nil)
	if code := Report(w.err, err); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	wantOutput(t, "stderr", w.err, "no container found for project \"nope\": not found\n")
}

func TestUnknownService(t *testing.T) {
	w := newWorld(t)
	w.serve("demo", script(map[api.Op][]api.Answer{api.OpPS: {{PS: []api.Container{running("demo", "web")}}}}))
	err := w.Stop(bounded(t), Target{Name: "demo"}, &StopOptions{}, []string{"wbe"})
	if err == nil || err.Error() != "no such service: wbe" {
		t.Errorf("error %v", err)
	}
	if len(w.asked(api.OpStop)) > 0 {
		t.Error("the supervisor was asked to stop in spite of a wrong service")
	}
}

func TestRequestsCarryTheFlags(t *testing.T) {
	w := newWorld(t)
	w.serve("demo", script(map[api.Op][]api.Answer{
		api.OpPS:   {{PS: []api.Container{running("demo", "web")}}},
		api.OpDown: {progressAnswer("demo-web-1", "Stopping"), progressAnswer("demo-web-1", "Removed")},
	}))
	ctx, target := bounded(t), Target{Name: "demo", Project: &project.Project{Services: []project.Service{{Name: "web"}}, Disabled: []string{"debug"}}}
	for _, err := range []error{
		w.Down(ctx, target, &DownOptions{Volumes: true, RemoveOrphans: true, Timeout: 3}, nil),
		w.Stop(ctx, target, &StopOptions{Timeout: -1}, []string{"web"}),
		w.Start(ctx, target, &StartOptions{WaitTimeout: 2}, nil),
		w.Restart(ctx, target, &RestartOptions{NoDeps: true, Timeout: 0}, nil),
		w.Kill(ctx, target, &KillOptions{Signal: "SIGHUP"}, nil),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	wantOutput(t, "stderr", w.err, " Container demo-web-1  Stopping\n Container demo-web-1  Removed\n")
	wantOutput(t, "stdout", w.out, "")
	down := w.asked(api.OpDown)[0].Down
	if !down.Volumes || !down.RemoveOrphans || down.Timeout == nil || down.Timeout.Seconds() != 3 || strings.Join(down.Known, " ") != "debug web" {
		t.Errorf("down request %+v", down)
	}
	if stop := w.asked(api.OpStop)[0].Stop; stop.Timeout != nil || len(stop.Services) != 1 {
		t.Errorf("stop request %+v: no -t must leave the grace period to the services", stop)
	}
	if start := w.asked(api.OpStart)[0].Start; !start.Wait || start.WaitTimeout.Seconds() != 2 {
		t.Errorf("start request %+v", start)
	}
	if restart := w.asked(api.OpRestart)[0].Stop; !restart.NoDeps || restart.Timeout == nil || *restart.Timeout != 0 {
		t.Errorf("restart request %+v: -t 0 is a timeout", restart)
	}
	if kill := w.asked(api.OpKill)[0].Kill; kill.Signal != "SIGHUP" {
		t.Errorf("kill request %+v", kill)
	}
}

func TestErrorsOfTheSupervisor(t *testing.T) {
	w := newWorld(t)
	w.serve("demo", script(map[api.Op][]api.Answer{api.OpStop: {{Done: true,
		Error: &api.Error{Message: "container demo-web-1 cannot be stopped", Hint: "run it again", ExitCode: 7}}}}))
	err := w.Stop(bounded(t), Target{Name: "demo"}, &StopOptions{}, nil)
	if code := Report(w.err, err); code != 7 {
		t.Errorf("exit code %d, want 7", code)
	}
	wantOutput(t, "stderr", w.err, "container demo-web-1 cannot be stopped\nrun it again\n")
}

// TestRepeat: a supervisor that dies twice in the middle of a request is asked
// a third time.
func TestRepeat(t *testing.T) {
	w := newWorld(t)
	var deaths atomic.Int32
	w.serve("demo", func(c *wire.Conn, r *api.Request, _ []*os.File) {
		if deaths.Add(1) <= 2 {
			_ = c.Send(progressAnswer("demo-web-1", "Stopping"))
			return // the connection breaks
		}
		_ = c.Send(progressAnswer("demo-web-1", "Stopped"))
		_ = c.Send(api.Answer{Done: true})
	})
	if err := w.Stop(bounded(t), Target{Name: "demo"}, &StopOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	if n := len(w.asked(api.OpStop)); n != 3 {
		t.Errorf("asked %d times, want 3", n)
	}
}

// TestRepeatWhileItEnds: a supervisor whose project is just ending breaks connections for
// a while; it does not die again and again.
func TestRepeatWhileItEnds(t *testing.T) {
	w := newWorld(t)
	began := time.Now()
	w.serve("demo", func(c *wire.Conn, _ *api.Request, _ []*os.File) {
		if time.Since(began) > 300*time.Millisecond {
			_ = c.Send(api.Answer{Done: true})
		}
	})
	if err := w.Stop(bounded(t), Target{Name: "demo"}, &StopOptions{}, nil); err != nil {
		t.Error(err)
	}
}

func TestRepeatEnds(t *testing.T) {
	w := newWorld(t)
	w.serve("demo", func(*wire.Conn, *api.Request, []*os.File) {})
	err := w.Stop(bounded(t), Target{Name: "demo"}, &StopOptions{}, nil)
	if err == nil || !strings.Contains(err.Error(), "again and again") {
		t.Errorf("error %v, want one that says that the supervisor dies again and again", err)
	}
}

func TestProgressByEnvironment(t *testing.T) {
	for flag, want := range map[string]string{"auto": "quiet", "plain": "plain"} {
		w := newWorld(t)
		w.Global.Progress, w.environ["COMPOSE_PROGRESS"] = flag, "quiet"
		if got := string(w.progress().mode); got != want {
			t.Errorf("--progress %s: %s, want %s", flag, got, want)
		}
	}
}

func TestProgressModes(t *testing.T) {
	for mode, want := range map[string]string{
		"auto":  " Container demo-web-1  Started\n",
		"plain": " Container demo-web-1  Started\n",
		"quiet": "",
		"json":  `{"id":"Container demo-web-1","status":"Done","text":"Started"}` + "\n",
	} {
		w := newWorld(t)
		w.Global.Progress = mode
		if err := w.progress().answer(new(progressAnswer("demo-web-1", "Started"))); err != nil {
			t.Fatal(err)
		}
		wantOutput(t, mode, w.err, want)
	}
}

// TestEventsGoOn: a supervisor that dies now and then interrupts nobody, as
// long as each has something to tell.
func TestEventsGoOn(t *testing.T) {
	w := newWorld(t)
	var lives atomic.Int32
	w.serve("demo", func(c *wire.Conn, r *api.Request, _ []*os.File) {
		if !r.Events.Replay {
			return // then the client sees only deaths, and fails
		}
		_ = c.Send(api.Answer{Event: &api.Event{Action: "exists"}})
		if lives.Add(1) == 20 {
			_ = c.Send(api.Answer{Done: true})
		}
	})
	heard := 0
	if err := w.Events(bounded(t), "demo", nil, func(*api.Event) error { heard++; return nil }); err != nil || heard != 20 {
		t.Errorf("%d events, %v; want 20", heard, err)
	}
}
