package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/execution"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/lifecycle"
	"github.com/mocker-compose/mocker-compose/supervisor/vet"
)

// run makes a one-off container of a service, after what the service depends
// on, and stays with it to its end. The output goes into its log, as that of any
// container; the client reads it there. So neither the death of the supervisor
// nor that of the client disturbs it: a client that comes again, with the same
// id, goes on where it was; without a client the container goes on alone.
func (s *Supervisor) run(ctx context.Context, r *request, b api.RunRequest) error {
	if err := vet.Run(&b); err != nil {
		return err
	}
	contents, err := s.accept(&b.Project)
	if err != nil {
		return err
	}
	if err := vet.Project(&project.Project{Name: b.Project.Name, Services: []project.Service{b.Service}}, s.cfg.Name); err != nil {
		return err
	}
	known := false
	claim := func(n int) func() {
		return func() {
			if i := s.loop.Find(b.ID); i != nil {
				known = true
				i.Claims += n
			}
		}
	}
	if err := s.loop.Ask(claim(1)); err != nil {
		return err
	}
	if !known && b.Resume {
		return fmt.Errorf("container %s was removed meanwhile", b.Name)
	}
	if !known {
		if err := s.makeOneOff(ctx, r, &b, contents); err != nil {
			return err
		}
	}
	defer func() { _ = s.loop.Ask(claim(-1)) }()
	c, err := s.startOneOff(ctx, r, &b)
	if err != nil || b.Detach {
		return err
	}
	return s.attendOneOff(ctx, r, c)
}

// makeOneOff brings up what the container needs and creates it, claimed.
func (s *Supervisor) makeOneOff(ctx context.Context, r *request, b *api.RunRequest, contents map[string][]byte) error {
	needs, err := b.Project.WithDependencies([]string{b.Service.Name})
	if err != nil {
		return err
	}
	needs = slices.DeleteFunc(needs, func(n string) bool { return n == b.Service.Name })
	if b.NoDeps {
		needs = nil
	}
	// Its own name keeps the list from meaning all services.
	ctx, t, err := s.enter(ctx, r, append(slices.Clone(needs), b.Name), true)
	if err != nil {
		return err
	}
	defer s.queue.Leave(t)
	if err := s.keepContents(contents); err != nil {
		return err
	}
	defer s.forgetContents()
	images, err := execution.FindImages(ctx, s.rt, r, append(b.Project.WithSteps(needs), b.Service))
	if err != nil {
		return err
	}
	if err := s.loop.Commit(func() { s.desire(&b.Project) }); err != nil {
		return err
	}
	o, err := s.compared(&b.Project, images)
	if err != nil {
		return err
	}
	p, err := plan.MakeRun(&b.Project, o, &b.Service, plan.Options{Services: needs, NoDeps: b.NoDeps, RemoveOrphans: b.RemoveOrphans, Images: images.IDs()})
	if err != nil {
		return err
	}
	sayUnchanged(r, o, p, needs)
	if !b.IgnoreOrphans {
		s.warnOrphans(r, p.Orphans)
	}
	defer s.sayNotices(r)
	x := &execution.Execution{Loop: s.loop, Runtime: s.rt, Request: r, Project: &b.Project, Images: images}
	if err := x.Execute(ctx, p); err != nil {
		return err
	}
	c := kernel.NewOneOff(b)
	execution.ApplyImage(&c, images[b.Service.Name], r)
	return s.createOneOff(ctx, r, c)
}

func (s *Supervisor) createOneOff(ctx context.Context, r *request, c Container) error {
	taken := "" // the id of who has the name
	if err := s.loop.Ask(func() {
		if i := s.loop.Instances[c.Name]; i != nil {
			taken = i.Rec.ID
		}
	}); err != nil {
		return err
	}
	if taken != "" {
		return door.WithHint("remove it with: mocker-compose rm -f "+c.Name+", or choose another --name",
			fmt.Errorf("the container name %q is already in use by container %q", c.Name, taken))
	}
	r.Container(c.Name, "Creating")
	if err := s.loop.Create(ctx, c); err != nil {
		r.Container(c.Name, "Error")
		_ = s.loop.Remove(s.loop.Context(), c.Name, stopOrder{}, true) // what failed is what the user is told
		return err
	}
	r.Container(c.Name, "Created")
	return s.loop.Ask(func() {
		if i := s.loop.Find(c.ID); i != nil {
			i.Claims++
		}
	})
}

// startOneOff starts the container, unless a predecessor of ours has, and tells
// the client. One that the client gave up before it heard of it goes at once.
func (s *Supervisor) startOneOff(ctx context.Context, r *request, b *api.RunRequest) (*Container, error) {
	var c Container
	started, gone := false, false
	err := s.loop.Ask(func() {
		i := s.loop.Find(b.ID)
		if gone = i == nil; gone {
			return
		}
		started = i.Rec.Run > 0 && (i.Rec.Live() || !i.Rec.Started.IsZero())
		if len(r.Files) > 0 {
			i.Rec.Stdin = r.Files[0]
		}
		c = i.Rec.Container
	})
	if err != nil {
		return nil, err
	}
	if gone {
		return nil, fmt.Errorf("container %s was removed meanwhile", b.Name)
	}
	var held *os.File
	if !b.Detach { // the client comes to the log later than its writer
		held, err = s.rt.HoldLog(&c)
		if err != nil && (started || !errors.Is(err, os.ErrNotExist)) {
			return nil, fmt.Errorf("log of container %s: %w", c.Name, err)
		}
	}
	if !started {
		_, err = s.loop.Start(ctx, c.Name)
	}
	if err == nil && held == nil && !b.Detach { // its creation had died with the last supervisor: the start has made it
		if held, err = s.rt.HoldLog(&c); err != nil {
			err = fmt.Errorf("log of container %s: %w", c.Name, err)
		}
	}
	if held != nil {
		defer held.Close()
	}
	_ = s.loop.Ask(func() {
		if i := s.loop.Find(b.ID); i != nil {
			i.Rec.Stdin = nil
		}
	})
	if err == nil {
		err = s.sayStarted(ctx, r, &c, held)
	}
	if err == nil {
		r.CloseFiles() // the container has them now; its writer must see its end
		return &c, nil
	}
	if (ctx.Err() != nil || b.Remove) && !started && s.loop.Context().Err() == nil {
		_ = s.loop.Remove(s.loop.Context(), c.Name, stopOrder{Set: true}, true) // the start's error is told
	}
	return nil, runFailure(err)
}

// runFailure carries the exit code that the shell has for such a failure.
func runFailure(err error) error {
	var start *StartError
	if errors.As(err, &start) && start.Code != 0 {
		return &door.Hinted{Err: err, Hint: start.Hint, Code: start.Code}
	}
	return err
}

// sayStarted tells the client what runs and gives it what holds the log and, for a
// terminal, the master.
func (s *Supervisor) sayStarted(ctx context.Context, r *request, c *Container, held *os.File) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	said := api.Started{TTY: c.Service.TTY, Container: s.shown(c.Name), Held: held != nil}
	if said.Container == nil {
		return fmt.Errorf("container %s was removed meanwhile", c.Name)
	}
	var files []*os.File
	if held != nil {
		files = append(files, held)
	}
	if c.Service.TTY {
		master, err := s.rt.Input(c)
		if err != nil {
			return fmt.Errorf("terminal of container %s: %w", c.Name, err)
		}
		if master != nil {
			defer master.Close()
			files = append(files, master)
		}
	}
	r.Flush()
	return r.Send(api.Answer{Started: &said}, files...)
}

// shown is a container as clients see it; nil when it is gone.
func (s *Supervisor) shown(name string) *api.Container {
	var c *api.Container
	_ = s.loop.Ask(func() {
		if i := s.loop.Instances[name]; i != nil {
			shown := i.Rec.Show(&s.loop.Desired, s.cfg.Dirs)
			c = &shown
		}
	})
	return c
}

// attendOneOff waits for the end, tells it, and removes the container if that
// is wanted and the client has read the log.
func (s *Supervisor) attendOneOff(ctx context.Context, r *request, c *Container) error {
	code, err := s.loop.AwaitEnd(ctx, c.Name)
	if err != nil {
		return err
	}
	s.sayOOM(r, c.Name)
	if err := r.Send(api.Answer{Exit: &api.Exit{Code: code}}); err != nil {
		return err
	}
	select {
	case <-r.More:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.loop.Ended():
		return lifecycle.ErrStopped
	}
	if !c.OneOff.Remove {
		return nil
	}
	return s.loop.Remove(s.loop.Context(), c.Name, stopOrder{}, true)
}
