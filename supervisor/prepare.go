package supervisor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/prestart"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// tailLines are how many lines of a step that failed are told.
const tailLines = 10

// prepare carries out the steps of pre_start that a container has before it. The
// containers of a service come one by one: what one has done for all is not done again.
func (x *execution) prepare(ctx context.Context, name string) error {
	r := x.replica(name)
	if r == nil || !prestart.Needs(r) {
		return nil
	}
	leave, err := x.alone(ctx, r.Service.Name)
	if err != nil {
		return err
	}
	defer leave()
	for {
		all, err := x.s.snapshotReplicas([]string{r.Service.Name})
		if err != nil {
			return err
		}
		of, marks := prestart.Next(name, record.Filter(all, x.stays))
		if of == nil && marks == nil {
			return nil
		}
		if of != nil {
			if err := x.carryOutStep(ctx, of); err != nil {
				return err
			}
		}
		if err := x.s.commit(func() {
			for _, m := range marks {
				if i := x.s.instances[m]; i != nil {
					i.rec.PreStarted++
				}
			}
		}); err != nil {
			return err
		}
	}
}

func (x *execution) replica(name string) (r *Replica) {
	_ = x.s.ask(func() {
		if i := x.s.instances[name]; i != nil {
			copied := i.rec
			r = &copied
		}
	})
	return r
}

// alone waits until no other start of the service is at its steps.
func (x *execution) alone(ctx context.Context, service string) (leave func(), err error) {
	x.mu.Lock()
	if x.preparing == nil {
		x.preparing = map[string]chan struct{}{}
	}
	turn := x.preparing[service]
	if turn == nil {
		turn = make(chan struct{}, 1)
		x.preparing[service] = turn
	}
	x.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// stays reports a container that the plan does not replace, or has made.
func (x *execution) stays(r *Replica) bool {
	return !slices.Contains(x.removes, r.Name) || r.Created.After(x.began)
}

// carryOutStep runs the next step of a container to its end, and leaves nothing of it but
// what it has written. One that an earlier supervisor has begun goes on.
func (x *execution) carryOutStep(ctx context.Context, of *Replica) error {
	s := x.s
	c := prestart.Container(of, x.project)
	began, err := s.takeUpStep(ctx, &c)
	if err != nil {
		return x.failure(c.Name, err)
	}
	defer func() {
		// Nobody else would do anything about its failure; what a later start finds it removes.
		if err := s.removeOne(s.keepGoing(), c.Name, stopOrder{}, true); err != nil {
			s.report(err.Error())
		}
	}()
	if began.IsZero() {
		began = time.Now()
		// What it has is the step's too, and did not survive the death of the project's holder.
		if err := s.remake(ctx, &of.Container); err != nil {
			return x.failure(of.Name, err)
		}
		if err := x.beginStep(ctx, &c); err != nil {
			return x.failure(c.Name, fmt.Errorf("service %q pre_start[%d]: %w", of.Service.Name, of.PreStarted, err))
		}
	}
	code, err := s.awaitEnd(ctx, c.Name)
	if err != nil {
		return x.failure(c.Name, err)
	}
	if code == 0 {
		x.r.Container(c.Name, "Exited")
		return nil
	}
	failed := &prestart.Failed{Service: of.Service.Name, Index: of.PreStarted, Code: code}
	if r := x.replica(c.Name); r != nil && r.Reason != ReasonExited {
		failed.Why = r.Why()
	}
	if failed.Output, err = s.rt.LogTail(ctx, &of.Container, began, tailLines); err != nil {
		s.report(err.Error())
	}
	return x.failure(c.Name, failed)
}

// takeUpStep looks what an earlier supervisor has left of a step: when it began, if this
// is the same one. What is of another start is removed.
func (s *Supervisor) takeUpStep(ctx context.Context, c *Container) (began time.Time, err error) {
	there := false
	err = s.ask(func() {
		i := s.instances[c.Name]
		if there = i != nil; !there || i.rec.OneOff == nil || i.rec.OneOff.Step == nil {
			return
		}
		if *i.rec.OneOff.Step == *c.OneOff.Step && !i.rec.Started.IsZero() && i.rec.State != Removing && i.rec.Reason != ReasonLost {
			began = i.rec.Started
			i.claims++
		}
	})
	if err == nil && there && began.IsZero() {
		err = s.removeOne(ctx, c.Name, stopOrder{}, true)
	}
	return began, err
}

// beginStep makes the container of a step and starts it.
func (x *execution) beginStep(ctx context.Context, c *Container) error {
	images, err := x.s.images(ctx, x.r, []project.Service{c.Service})
	if err != nil {
		return err
	}
	applyImage(c, images[c.Service.Name], x.r)
	x.r.Container(c.Name, "Creating")
	if err := x.s.createOne(ctx, *c); err != nil {
		return err
	}
	if err := x.s.ask(func() {
		if i := x.s.instances[c.Name]; i != nil {
			i.claims++
		}
	}); err != nil {
		return err
	}
	x.r.Container(c.Name, "Created")
	x.r.Container(c.Name, "Starting")
	if _, err := x.s.startOne(ctx, c.Name); err != nil {
		return err
	}
	x.r.Container(c.Name, "Started")
	return nil
}
