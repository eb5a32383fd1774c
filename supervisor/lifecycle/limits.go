package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
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

// Limit puts the new limits on record, with those before, and then makes them hold.
// One that is being started is waited for: by which limits it was started is its own
// matter until it runs.
func (l *Loop) Limit(ctx context.Context, name string, to project.Resources) error {
	for starting := true; starting; {
		err := l.Await(ctx, func() (bool, error) {
			i := l.Instances[name]
			return i == nil || i.Rec.State != Starting, nil
		})
		if err != nil {
			return err
		}
		err = l.Commit(func() {
			i := l.Instances[name]
			if starting = i != nil && i.Rec.State == Starting; starting || i == nil {
				return
			}
			if was := i.Rec.Service.Resources; i.Rec.Limited == nil {
				i.Rec.Limited = &was // else it is not certain that was has ever held
			}
			i.Rec.Service.Resources = to
		})
		if err != nil {
			return errors.Join(err, l.Ask(func() { l.limited(name, err) }))
		}
	}
	stall(ctx)
	return l.applyLimits(ctx, name, false)
}

// applyLimits makes the limits on record hold, or puts those before on record again.
// half: a supervisor has died doing so, and nobody else knows what held before.
func (l *Loop) applyLimits(ctx context.Context, name string, half bool) error {
	var c *Container
	var runs bool
	err := l.Ask(func() {
		if i := l.Instances[name]; i != nil && i.Rec.Limited != nil {
			copied := i.Rec.Container
			c, runs = &copied, i.Run != nil
		}
	})
	if err != nil || c == nil {
		return err // one that is gone has no limits
	}
	if !runs { // it will be started with those on record
		return l.Commit(func() { l.limited(name, nil) })
	}
	// Half of a change is neither: whoever gave the command may go meanwhile.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limitLimit)
	defer cancel()
	err = l.rt.Limit(ctx, c)
	if err != nil && half {
		back := *c
		back.Limited, back.Service.Resources = &c.Service.Resources, *c.Limited
		err = errors.Join(err, l.rt.Limit(ctx, &back))
	}
	var busy *LimitError
	if errors.As(err, &busy) {
		err = door.WithHint("run: mocker-compose up --force-recreate "+c.Service.Name+" (it starts anew, with the new limit), or let it use less first", err)
	}
	return errors.Join(err, l.Commit(func() { l.limited(name, err) }))
}

// limited notes how a change of limits ended. Called on the loop.
func (l *Loop) limited(name string, err error) {
	i := l.Instances[name]
	switch {
	case i == nil || i.Rec.Limited == nil:
		return
	case err != nil:
		i.Rec.Service.Resources = *i.Rec.Limited
	default:
		l.Emit(i, "update")
	}
	i.Rec.Limited = nil
}

// resumeLimits finishes a change of limits in which the last supervisor died. What
// does not run will be started with those on record.
func (l *Loop) resumeLimits(i *Instance) {
	name := i.Rec.Name
	switch {
	case i.Rec.Limited == nil:
	case i.Run == nil:
		i.Rec.Limited = nil
		l.Changed()
	default:
		l.actions = append(l.actions, action{run: func() {
			if err := l.applyLimits(l.ctx, name, true); err != nil {
				l.Report(fmt.Sprintf("limit container %s: %v", name, err))
			}
		}})
	}
}
