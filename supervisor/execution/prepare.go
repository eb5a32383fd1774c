package execution

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/prestart"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// tailLines are how many lines of a step that failed are told.
const tailLines = 10

// prepare carries out the steps of pre_start that a container has before it. The
// containers of a service come one by one: what one has done for all is not done again.
func (x *Execution) prepare(ctx context.Context, name string) error {
	r := x.Loop.Replica(name)
	if r == nil || !prestart.Needs(r) {
		return nil
	}
	leave, err := x.alone(ctx, r.Service.Name)
	if err != nil {
		return err
	}
	defer leave()
	for {
		all, err := x.Loop.Replicas([]string{r.Service.Name})
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
		if err := x.Loop.Commit(func() {
			for _, m := range marks {
				if i := x.Loop.Instances[m]; i != nil {
					i.Rec.PreStarted++
				}
			}
		}); err != nil {
			return err
		}
	}
}

// alone waits until no other start of the service is at its steps.
func (x *Execution) alone(ctx context.Context, service string) (leave func(), err error) {
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
func (x *Execution) stays(r *record.Replica) bool {
	return !slices.Contains(x.removes, r.Name) || r.Created.After(x.began)
}

// carryOutStep runs the next step of a container to its end, and leaves nothing of it but
// what it has written. One that an earlier supervisor has begun goes on.
func (x *Execution) carryOutStep(ctx context.Context, of *record.Replica) error {
	c := prestart.Container(of, x.Project)
	began, err := x.takeUpStep(ctx, &c)
	if err != nil {
		return x.failure(c.Name, err)
	}
	defer func() {
		// Nobody else would do anything about its failure; what a later start finds it removes.
		if err := x.Loop.Remove(x.Loop.Context(), c.Name, policy.StopOrder{}, true); err != nil {
			x.Loop.Report(err.Error())
		}
	}()
	if began.IsZero() {
		began = time.Now()
		// What it has is the step's too, and did not survive the death of the project's holder.
		if err := x.Loop.Remake(ctx, &of.Container); err != nil {
			return x.failure(of.Name, err)
		}
		if err := x.beginStep(ctx, &c); err != nil {
			return x.failure(c.Name, fmt.Errorf("service %q pre_start[%d]: %w", of.Service.Name, of.PreStarted, err))
		}
	}
	code, err := x.Loop.AwaitEnd(ctx, c.Name)
	if err != nil {
		return x.failure(c.Name, err)
	}
	if code == 0 {
		x.Request.Container(c.Name, "Exited")
		return nil
	}
	failed := &prestart.Failed{Service: of.Service.Name, Index: of.PreStarted, Code: code}
	if r := x.Loop.Replica(c.Name); r != nil && r.Reason != states.ReasonExited {
		failed.Why = r.Why()
	}
	if failed.Output, err = x.Runtime.LogTail(ctx, &of.Container, began, tailLines); err != nil {
		x.Loop.Report(err.Error())
	}
	return x.failure(c.Name, failed)
}

// takeUpStep looks what an earlier supervisor has left of a step: when it began, if this
// is the same one. What is of another start is removed.
func (x *Execution) takeUpStep(ctx context.Context, c *kernel.Container) (began time.Time, err error) {
	there := false
	err = x.Loop.Ask(func() {
		i := x.Loop.Instances[c.Name]
		if there = i != nil; !there || i.Rec.OneOff == nil || i.Rec.OneOff.Step == nil {
			return
		}
		if *i.Rec.OneOff.Step == *c.OneOff.Step && !i.Rec.Started.IsZero() && i.Rec.State != states.Removing && i.Rec.Reason != states.ReasonLost {
			began = i.Rec.Started
			i.Claims++
		}
	})
	if err == nil && there && began.IsZero() {
		err = x.Loop.Remove(ctx, c.Name, policy.StopOrder{}, true)
	}
	return began, err
}

// beginStep makes the container of a step and starts it.
func (x *Execution) beginStep(ctx context.Context, c *kernel.Container) error {
	images, err := FindImages(ctx, x.Runtime, x.Request, []project.Service{c.Service})
	if err != nil {
		return err
	}
	ApplyImage(c, images[c.Service.Name], x.Request)
	x.Request.Container(c.Name, "Creating")
	if err := x.Loop.Create(ctx, *c); err != nil {
		return err
	}
	if err := x.Loop.Ask(func() {
		if i := x.Loop.Instances[c.Name]; i != nil {
			i.Claims++
		}
	}); err != nil {
		return err
	}
	x.Request.Container(c.Name, "Created")
	x.Request.Container(c.Name, "Starting")
	if _, err := x.Loop.Start(ctx, c.Name); err != nil {
		return err
	}
	x.Request.Container(c.Name, "Started")
	return nil
}
