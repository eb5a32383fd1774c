package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
)

// limitLimit bounds one change of one container's limits.
const limitLimit = 30 * time.Second

// stallVar in its environment names a file: while that is there, a supervisor stands
// still between the record of a change and the change. Tests kill it there.
const stallVar = "MOCKER_FAULT_STALL_LIMIT"

func stall(ctx context.Context) {
	for file := os.Getenv(stallVar); file != "" && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(file); err != nil {
			return
		}
	}
}

// limit makes the limits of a container those that the file has now.
func (x *execution) limit(ctx context.Context, op plan.Operation) error {
	x.r.Container(op.Object, "Updating")
	if err := x.s.limitOne(ctx, op.Object, op.Resources); err != nil {
		if !isCancel(err) {
			x.r.Container(op.Object, "Error")
		}
		return fmt.Errorf("limit container %s: %w", op.Object, err)
	}
	x.r.Container(op.Object, "Updated")
	return nil
}

// limitOne puts the new limits on record, with those before, and then makes them hold.
// One that is being started is waited for: by which limits it was started is its own
// matter until it runs.
func (s *Supervisor) limitOne(ctx context.Context, name string, to project.Resources) error {
	for starting := true; starting; {
		err := s.await(ctx, func() (bool, error) {
			i := s.instances[name]
			return i == nil || i.rec.State != Starting, nil
		})
		if err != nil {
			return err
		}
		err = s.commit(func() {
			i := s.instances[name]
			if starting = i != nil && i.rec.State == Starting; starting || i == nil {
				return
			}
			if was := i.rec.Service.Resources; i.rec.Limited == nil {
				i.rec.Limited = &was // else it is not certain that was has ever held
			}
			i.rec.Service.Resources = to
		})
		if err != nil {
			return errors.Join(err, s.ask(func() { s.limited(name, err) }))
		}
	}
	stall(ctx)
	return s.applyLimits(ctx, name, false)
}

// applyLimits makes the limits on record hold, or puts those before on record again.
// half: a supervisor has died doing so, and nobody else knows what held before.
func (s *Supervisor) applyLimits(ctx context.Context, name string, half bool) error {
	var c *Container
	var runs bool
	err := s.ask(func() {
		if i := s.instances[name]; i != nil && i.rec.Limited != nil {
			copied := i.rec.Container
			c, runs = &copied, i.run != nil
		}
	})
	if err != nil || c == nil {
		return err // one that is gone has no limits
	}
	if !runs { // it will be started with those on record
		return s.commit(func() { s.limited(name, nil) })
	}
	// Half of a change is neither: whoever gave the command may go meanwhile.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limitLimit)
	defer cancel()
	err = s.rt.Limit(ctx, c)
	if err != nil && half {
		back := *c
		back.Limited, back.Service.Resources = &c.Service.Resources, *c.Limited
		err = errors.Join(err, s.rt.Limit(ctx, &back))
	}
	var busy *LimitError
	if errors.As(err, &busy) {
		err = withHint("run: mocker-compose up --force-recreate "+c.Service.Name+" (it starts anew, with the new limit), or let it use less first", err)
	}
	return errors.Join(err, s.commit(func() { s.limited(name, err) }))
}

// limited notes how a change of limits ended. Called on the loop.
func (s *Supervisor) limited(name string, err error) {
	i := s.instances[name]
	switch {
	case i == nil || i.rec.Limited == nil:
		return
	case err != nil:
		i.rec.Service.Resources = *i.rec.Limited
	default:
		s.emit(i, "update")
	}
	i.rec.Limited = nil
}

// resumeLimits finishes a change of limits in which the last supervisor died. What
// does not run will be started with those on record.
func (s *Supervisor) resumeLimits(i *instance) {
	name := i.rec.Name
	switch {
	case i.rec.Limited == nil:
	case i.run == nil:
		i.rec.Limited = nil
		s.changed()
	default:
		s.actions = append(s.actions, action{run: func() {
			if err := s.applyLimits(s.ctx, name, true); err != nil {
				s.report(fmt.Sprintf("limit container %s: %v", name, err))
			}
		}})
	}
}
