package client_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/project"
)

// stage is a project with the services web and job, whose story a test tells.
type stage struct {
	*clienttest.World
	logs    *clienttest.Writer
	events  chan api.Event
	upEnds  chan *api.Error // the answer to up
	asked   chan struct{}   // up was asked for
	stopped chan api.Op     // a stop or kill was asked for
}

func newStage(t *testing.T) *stage {
	w := clienttest.New(t)
	s := &stage{World: w, logs: w.Writer("demo"), events: make(chan api.Event, 16),
		upEnds: make(chan *api.Error, 1),
		asked:  make(chan struct{}, 1), stopped: make(chan api.Op, 4)}
	s.logs.Open("demo", "demo-web-1")
	s.logs.Open("demo", "demo-job-1")
	gone := make(chan struct{})
	w.Serve("demo", func(c *wire.Conn, r *api.Request, _ []*os.File) {
		switch r.Op {
		case api.OpEvents:
			for {
				select {
				case ev := <-s.events:
					_ = c.Send(api.Answer{Event: &ev})
				case <-gone:
					return
				}
			}
		case api.OpUp:
			s.asked <- struct{}{}
			_ = c.Send(clienttest.Step("demo-web-1", "Created"))
			_ = c.Send(clienttest.Step("demo-web-1", "Started"))
			select {
			case err := <-s.upEnds:
				_ = c.Send(api.Answer{Done: true, Error: err})
			case <-gone:
			}
		case api.OpStop, api.OpKill:
			s.stopped <- r.Op
			_ = c.Send(api.Answer{Done: true})
		case api.OpPS:
			_ = c.Send(api.Answer{PS: []api.Container{clienttest.Running("demo", "web"), clienttest.Running("demo", "job")}, Done: true})
		default:
			_ = c.Send(api.Answer{Done: true})
		}
	})
	t.Cleanup(func() { close(gone) })
	return s
}

// tell sends an event.
func (s *stage) tell(action, service, state string, code int, final bool) {
	s.events <- api.Event{Time: time.Now(), Action: action, Service: service, Name: "demo-" + service + "-1", State: state, ExitCode: code, Final: final}
}

func (s *stage) up(t *testing.T, o *client.UpOptions) <-chan error {
	p := &project.Project{Name: "demo", Services: []project.Service{
		{Name: "job", Scale: 1, Attach: true}, {Name: "web", Scale: 1, Attach: true}}}
	o.Timeout = -1
	done := make(chan error, 1)
	go func() { done <- s.Up(clienttest.Bounded(t), client.Target{Name: "demo", Project: p}, o, nil) }()
	<-s.asked // what was written before is no part of the session
	return done
}

func exitCode(t *testing.T, s *stage, done <-chan error) int {
	t.Helper()
	return client.Report(s.Err, <-done)
}

// TestUpEndsWithItsContainers: each log is printed to its end, then how the
// container ended; when all have, so does up.
func TestUpEndsWithItsContainers(t *testing.T) {
	s := newStage(t)
	done := s.up(t, &client.UpOptions{})
	s.tell("start", "web", "running", 0, false)
	s.tell("start", "job", "running", 0, false)
	s.upEnds <- nil
	s.logs.Write("demo-web-1", "stdout", "hello\n")
	s.tell("die", "job", "restarting", 1, false)
	s.tell("die", "job", "exited", 2, true)
	s.tell("die", "web", "exited", 0, true)
	if code := exitCode(t, s, done); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	out := clienttest.Printed(t, s.Out)
	for _, want := range []string{"web-1  | hello\n", "job-1 exited with code 1 (restarting)\n", "job-1 exited with code 2\n", "web-1 exited with code 0\n"} {
		if strings.Count(out, want) != 1 {
			t.Errorf("%q is not once in %q", want, out)
		}
	}
	if strings.Index(out, "hello") > strings.Index(out, "web-1 exited") {
		t.Errorf("the end comes before the last line: %q", out)
	}
	clienttest.WantOutput(t, "stderr", s.Err, " Container demo-web-1  Created\nAttaching to job-1, web-1\n Container demo-web-1  Started\n")
}

func TestUpAborts(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    client.UpOptions
		want int
	}{
		{"on exit", client.UpOptions{AbortOnExit: true}, 3},
		{"on failure", client.UpOptions{AbortOnFailure: true}, 3},
		{"exit code from the other", client.UpOptions{ExitCodeFrom: "web"}, 143},
		{"exit code from the same", client.UpOptions{ExitCodeFrom: "job"}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t)
			done := s.up(t, &tt.o)
			s.tell("start", "web", "running", 0, false)
			s.tell("start", "job", "running", 0, false)
			s.upEnds <- nil
			s.tell("die", "job", "exited", 3, true)
			if op := <-s.stopped; op != api.OpStop {
				t.Errorf("asked for %s, want stop", op)
			}
			s.tell("die", "web", "exited", 143, true)
			if code := exitCode(t, s, done); code != tt.want {
				t.Errorf("exit code %d, want %d", code, tt.want)
			}
		})
	}
}

// TestUpInterrupted sends real signals to this process, which Up catches.
func TestUpInterrupted(t *testing.T) {
	s := newStage(t)
	done := s.up(t, &client.UpOptions{})
	s.tell("start", "web", "running", 0, false)
	s.upEnds <- nil
	s.logs.Write("demo-web-1", "stdout", "up\n")
	for !strings.Contains(clienttest.Printed(t, s.Out), "up\n") {
		time.Sleep(time.Millisecond) // a file has no event that this test could wait for
	}
	for _, want := range []api.Op{api.OpStop, api.OpKill} {
		if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if op := <-s.stopped; op != want {
			t.Errorf("asked for %s, want %s", op, want)
		}
		if want == api.OpKill {
			s.tell("die", "web", "exited", 137, true)
		}
	}
	if code := exitCode(t, s, done); code != client.Interrupted {
		t.Errorf("exit code %d, want %d", code, client.Interrupted)
	}
	if !strings.Contains(clienttest.Printed(t, s.Err), "Gracefully Stopping... press Ctrl+C again to force\n") {
		t.Errorf("stderr %q", clienttest.Printed(t, s.Err))
	}
}

func TestUpFails(t *testing.T) {
	s := newStage(t)
	done := s.up(t, &client.UpOptions{})
	s.upEnds <- &api.Error{Message: "dependency failed to start: container demo-web-1 is unhealthy"}
	if code := exitCode(t, s, done); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if !strings.HasSuffix(clienttest.Printed(t, s.Err), "dependency failed to start: container demo-web-1 is unhealthy\n") {
		t.Errorf("stderr %q", clienttest.Printed(t, s.Err))
	}
}
