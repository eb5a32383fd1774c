package supervisor

import (
	"context"
	"fmt"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
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
		return door.WithHint("run: mocker-compose unpause "+b.Service, fmt.Errorf("cannot attach to a paused container, unpause it first"))
	case Starting, Waiting:
		return fmt.Errorf("cannot attach to a restarting container, wait until it is running")
	}
	return s.attachTo(ctx, r, i.Name)
}

// attachAgain goes on with an attachment that the last supervisor had begun.
func (s *Supervisor) attachAgain(ctx context.Context, r *request, id string) error {
	var name string
	if err := s.loop.Ask(func() {
		if i := s.loop.Find(id); i != nil {
			name = i.Rec.Name
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
	err := s.loop.Ask(func() {
		if i := s.loop.Instances[name]; i != nil {
			found := i.Rec.Container
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
	code, err := s.loop.AwaitDrained(ctx, name)
	if err != nil {
		return err
	}
	s.sayOOM(r, name)
	return r.Send(api.Answer{Exit: &api.Exit{Code: code}})
}

// sayOOM tells who has stayed with a container to its end that memory was the cause.
func (s *Supervisor) sayOOM(r *request, name string) {
	text := ""
	_ = s.loop.Ask(func() {
		if i := s.loop.Instances[name]; i != nil && i.Rec.Reason == ReasonOOM {
			text = "container " + name + ": " + i.Rec.Out()
		}
	})
	if text != "" {
		r.Warn("Container", name, text)
		r.Flush()
	}
}
