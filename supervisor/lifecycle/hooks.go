package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/inside"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// The hooks of a service, in its containers. post_start belongs to a run that has
// begun: until it is done the container is no dependency of anybody that is met, and
// whoever started it waits. pre_stop belongs to a run that is to end, by our hand and not by
// its own. How many are done is recorded: a supervisor that takes over goes on with the one
// that was cut off.

// The keys of the lists of hooks.
const (
	postStart = "post_start"
	preStop   = "pre_stop"
)

// setUp begins the hooks of post_start, if the run has some. One-off containers are
// their client's: nothing waits for their hooks, as with docker compose.
func (l *Loop) setUp(i *Instance) {
	list := i.Rec.Service.PostStart
	gates := i.Rec.OneOff == nil && len(list) > 0
	i.Rec.Setup = gates
	if !gates {
		l.attempted(i, nil)
	}
	if len(list) > 0 {
		l.Changed()
		l.runHooks(i, postStart, list, func(*Container, *Run) {})
	}
}

// preStops reports that hooks come before the stop signal.
func (l *Loop) preStops(i *Instance, o stopOrder) bool {
	return len(i.Rec.Service.PreStop) > 0 && !o.Bare && !i.Rec.Told && i.Rec.Unfit == nil && o.GraceOf(&i.Rec.Service) > 0
}

// preStop begins the hooks of pre_stop. They have as long as the run will have after
// its signal. A paused container has to go on for them.
func (l *Loop) preStop(i *Instance, o stopOrder, paused bool) {
	if i.Rec.Setup {
		i.Rec.HooksDone = 0
	}
	l.enter(i, Stopping)
	grace := o.GraceOf(&i.Rec.Service)
	i.order = o
	i.deadline = time.Now().Add(grace)
	l.arm(i, grace, HooksOver)
	l.recordFirst()
	l.runHooks(i, preStop, i.Rec.Service.PreStop, func(c *Container, r *Run) {
		if paused {
			l.thaw(c.Name, r)
		}
	})
}

// runHooks executes a list of hooks from where it stands, when the record says so.
func (l *Loop) runHooks(i *Instance, key string, list []project.Hook, before func(*Container, *Run)) {
	ctx, cancel := context.WithCancel(l.ctx)
	i.phase, i.hooks = key, cancel
	c, run, first := i.Rec.Container, i.Run, i.Rec.HooksDone
	act := func() {
		defer cancel()
		before(&c, run)
		err := l.executor().Hooks(ctx, &c, key, list, first, func(n int) {
			// On the disk before the next one begins: none that succeeded is executed twice.
			_ = l.Commit(func() {
				if j := l.Instances[c.Name]; j != nil && j.Run == run && j.phase == key {
					j.Rec.HooksDone = n
				}
			})
		})
		l.awaitDeath(c.Name, run, err)
		l.post(event{kind: Hooked, name: c.Name, run: run, phase: key, err: err})
	}
	l.actions = append(l.actions, action{run: act})
}

// deathLimit is how long the end of a container may be behind that of what was executed
// in it.
const deathLimit = 200 * time.Millisecond

// awaitDeath lets a hook that was killed wait for the end of its container: then that is
// the reason, and not the hook.
func (l *Loop) awaitDeath(name string, run *Run, err error) {
	var failed *inside.HookError
	if !errors.As(err, &failed) || failed.Code != inside.Killed {
		return
	}
	ctx, cancel := context.WithTimeout(l.ctx, deathLimit)
	defer cancel()
	_ = l.Await(ctx, func() (bool, error) {
		i := l.Instances[name]
		return i == nil || i.Run != run, nil
	})
}

// endHooks ends those that are under way.
func (l *Loop) endHooks(i *Instance, _ event) {
	if i.hooks != nil {
		i.hooks()
		i.hooks = nil
	}
}

// hooked goes on when hooks are over; those of an earlier run or phase are not asked.
func (l *Loop) hooked(i *Instance, e event) {
	if e.run != i.Run || e.phase != i.phase || e.phase == "" || l.ctx.Err() != nil {
		return
	}
	i.phase, i.hooks, i.Rec.HooksDone = "", nil, 0
	l.Changed()
	if e.phase == preStop {
		i.Rec.Told = true
		l.preStopped(i, e.err)
		l.signal(i, i.order, false)
		return
	}
	switch {
	case e.err == nil:
		if i.Rec.Setup {
			l.attempted(i, nil)
		}
		i.Rec.Setup = false
	case i.Rec.OneOff != nil:
		l.Report("container " + i.Rec.Name + ": " + e.err.Error())
	default:
		l.unfit(i, e.err)
	}
}

// preStopped keeps what there is to say of hooks that failed: they hold no stop up.
func (l *Loop) preStopped(i *Instance, err error) {
	if errors.Is(err, context.Canceled) {
		err = fmt.Errorf("%s %s hooks did not end within the grace period, and were killed", i.Rec.Service.Name, preStop)
	}
	if i.warning = err; err != nil {
		l.Report("container " + i.Rec.Name + ": " + err.Error())
	}
}

// PreStopWarning is what went wrong with the pre_stop of a container that was stopped all
// the same, nil if nothing did. It is told once.
func (l *Loop) PreStopWarning(name string) (warning error) {
	_ = l.Ask(func() {
		if i := l.Instances[name]; i != nil {
			warning, i.warning = i.warning, nil
		}
	})
	return warning
}

// unfit ends a run whose post_start failed: it was no start. The record has the reason
// without what the hook said.
func (l *Loop) unfit(i *Instance, err error) {
	i.failure = err
	i.Rec.Unfit = &record.Unfit{Code: notStarted, Why: err.Error()}
	var failed *inside.HookError
	if errors.As(err, &failed) {
		i.Rec.Unfit = &record.Unfit{Code: failed.Code, Why: failed.Brief()}
	}
	l.endRun(i, stopOrder{Bare: true})
}

// settleSetUp tells whoever waits for the start of a run that is over before its
// post_start was done, or because that failed.
func (l *Loop) settleSetUp(i *Instance) {
	switch {
	case i.Rec.Unfit != nil:
		l.attempted(i, i.failure)
		i.Rec.Reason, i.Rec.Detail = ReasonStartFailed, i.Rec.Unfit.Why
		i.Rec.Exit.Code = i.Rec.Unfit.Code
		if i.Rec.Restarts == 0 {
			i.Rec.Desired = WantStopped // as after every start of a command that failed
		}
	case i.Rec.Setup:
		l.attempted(i, fmt.Errorf("it exited (%d) before its %s hooks were done", i.Rec.Exit.Code, postStart))
	}
	i.Rec.Setup = false
}
