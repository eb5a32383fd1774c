package supervisor

import (
	"context"
	"fmt"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// attach gives the client what feeds a container's standard input and stays
// until the run has ended. What the container writes is in its log.
func (s *Supervisor) attach(ctx context.Context, r *request, b api.AttachRequest) error {
	if b.ID != "" {
		return s.attachAgain(ctx, r, b.ID)
	}
	i, err := s.target(b.Service, b.Index)
	if err != nil {
		return err
	}
	switch i.State {
	case Paused:
		return withHint("run: mocker-compose unpause "+b.Service, fmt.Errorf("cannot attach to a paused container, unpause it first"))
	case Starting, Waiting:
		return fmt.Errorf("cannot attach to a restarting container, wait until it is running")
	}
	return s.attachTo(ctx, r, i.Name)
}

// attachAgain goes on with an attachment that the last supervisor had begun.
func (s *Supervisor) attachAgain(ctx context.Context, r *request, id string) error {
	var name string
	if err := s.ask(func() {
		if i := s.find(id); i != nil {
			name = i.rec.Name
		}
	}); err != nil {
		return err
	}
	if name == "" {
		return fmt.Errorf("the container was removed meanwhile")
	}
	return s.attachTo(ctx, r, name)
}

func (s *Supervisor) attachTo(ctx context.Context, r *request, name string) error {
	var c *Container
	err := s.ask(func() {
		if i := s.instances[name]; i != nil {
			found := i.rec.Container
			c = &found
		}
	})
	if err != nil {
		return err
	}
	if c == nil {
		return fmt.Errorf("container %s was removed meanwhile", name)
	}
	input, err := s.rt.Input(c)
	if err != nil {
		return fmt.Errorf("standard input of container %s: %w", name, err)
	}
	var files []*os.File
	if input != nil {
		defer input.Close()
		files = append(files, input)
	}
	if err := r.Send(api.Answer{Started: &api.Started{TTY: c.Service.TTY, Container: s.shown(name)}}, files...); err != nil {
		return err
	}
	code, err := s.awaitDrained(ctx, name)
	if err != nil {
		return err
	}
	s.sayOOM(r, name)
	return r.Send(api.Answer{Exit: &api.Exit{Code: code}})
}

// sayOOM tells who has stayed with a container to its end that memory was the cause.
func (s *Supervisor) sayOOM(r *request, name string) {
	text := ""
	_ = s.ask(func() {
		if i := s.instances[name]; i != nil && i.rec.Reason == ReasonOOM {
			text = "container " + name + ": " + i.rec.Out()
		}
	})
	if text != "" {
		r.Warn("Container", name, text)
		r.Flush()
	}
}

// awaitDrained waits until the present run of a container has ended and its
// log is complete.
func (s *Supervisor) awaitDrained(ctx context.Context, name string) (code int, err error) {
	return s.awaitExit(ctx, name, func(i *instance, _ bool) bool { return i.rec.State == Ending })
}
