package supervisor

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
func (s *Supervisor) setUp(i *instance) {
	list := i.rec.Service.PostStart
	gates := i.rec.OneOff == nil && len(list) > 0
	i.rec.Setup = gates
	if !gates {
		s.attempted(i, nil)
	}
	if len(list) > 0 {
		s.changed()
		s.runHooks(i, postStart, list, func(*Container, *Run) {})
	}
}

// preStops reports that hooks come before the stop signal.
func (s *Supervisor) preStops(i *instance, o stopOrder) bool {
	return len(i.rec.Service.PreStop) > 0 && !o.Bare && !i.rec.Told && i.rec.Unfit == nil && o.GraceOf(&i.rec.Service) > 0
}

// preStop begins the hooks of pre_stop. They have as long as the run will have after
// its signal. A paused container has to go on for them.
func (s *Supervisor) preStop(i *instance, o stopOrder, paused bool) {
	if i.rec.Setup {
		i.rec.HooksDone = 0
	}
	s.enter(i, Stopping)
	grace := o.GraceOf(&i.rec.Service)
	i.order = o
	i.deadline = time.Now().Add(grace)
	s.arm(i, grace, HooksOver)
	s.recordFirst()
	s.runHooks(i, preStop, i.rec.Service.PreStop, func(c *Container, r *Run) {
		if paused {
			s.thaw(c.Name, r)
		}
	})
}

// runHooks executes a list of hooks from where it stands, when the record says so.
func (s *Supervisor) runHooks(i *instance, key string, list []project.Hook, before func(*Container, *Run)) {
	ctx, cancel := context.WithCancel(s.ctx)
	i.phase, i.hooks = key, cancel
	c, run, first := i.rec.Container, i.run, i.rec.HooksDone
	act := func() {
		defer cancel()
		before(&c, run)
		err := s.executor().Hooks(ctx, &c, key, list, first, func(n int) {
			// On the disk before the next one begins: none that succeeded is executed twice.
			_ = s.commit(func() {
				if j := s.instances[c.Name]; j != nil && j.run == run && j.phase == key {
					j.rec.HooksDone = n
				}
			})
		})
		s.awaitDeath(c.Name, run, err)
		s.post(event{kind: Hooked, name: c.Name, run: run, phase: key, err: err})
	}
	s.actions = append(s.actions, action{run: act})
}

// deathLimit is how long the end of a container may be behind that of what was executed
// in it.
const deathLimit = 200 * time.Millisecond

// awaitDeath lets a hook that was killed wait for the end of its container: then that is
// the reason, and not the hook.
func (s *Supervisor) awaitDeath(name string, run *Run, err error) {
	var failed *inside.HookError
	if !errors.As(err, &failed) || failed.Code != inside.Killed {
		return
	}
	ctx, cancel := context.WithTimeout(s.ctx, deathLimit)
	defer cancel()
	_ = s.await(ctx, func() (bool, error) {
		i := s.instances[name]
		return i == nil || i.run != run, nil
	})
}

// endHooks ends those that are under way.
func (s *Supervisor) endHooks(i *instance, _ event) {
	if i.hooks != nil {
		i.hooks()
		i.hooks = nil
	}
}

// hooked goes on when hooks are over; those of an earlier run or phase are not asked.
func (s *Supervisor) hooked(i *instance, e event) {
	if e.run != i.run || e.phase != i.phase || e.phase == "" || s.ctx.Err() != nil {
		return
	}
	i.phase, i.hooks, i.rec.HooksDone = "", nil, 0
	s.changed()
	if e.phase == preStop {
		i.rec.Told = true
		s.preStopped(i, e.err)
		s.signal(i, i.order, false)
		return
	}
	switch {
	case e.err == nil:
		if i.rec.Setup {
			s.attempted(i, nil)
		}
		i.rec.Setup = false
	case i.rec.OneOff != nil:
		s.report("container " + i.rec.Name + ": " + e.err.Error())
	default:
		s.unfit(i, e.err)
	}
}

// preStopped keeps what there is to say of hooks that failed: they hold no stop up.
func (s *Supervisor) preStopped(i *instance, err error) {
	if errors.Is(err, context.Canceled) {
		err = fmt.Errorf("%s %s hooks did not end within the grace period, and were killed", i.rec.Service.Name, preStop)
	}
	if i.warning = err; err != nil {
		s.report("container " + i.rec.Name + ": " + err.Error())
	}
}

// sayPreStop tells who has stopped a container what became of its pre_stop.
func (s *Supervisor) sayPreStop(r *request, name string) {
	var warning error
	_ = s.ask(func() {
		if i := s.instances[name]; i != nil {
			warning, i.warning = i.warning, nil
		}
	})
	if warning != nil {
		r.Warn("Container", name, "stopped all the same: "+warning.Error())
	}
}

// unfit ends a run whose post_start failed: it was no start. The record has the reason
// without what the hook said.
func (s *Supervisor) unfit(i *instance, err error) {
	i.failure = err
	i.rec.Unfit = &record.Unfit{Code: notStarted, Why: err.Error()}
	var failed *inside.HookError
	if errors.As(err, &failed) {
		i.rec.Unfit = &record.Unfit{Code: failed.Code, Why: failed.Brief()}
	}
	s.endRun(i, stopOrder{Bare: true})
}

// settleSetUp tells whoever waits for the start of a run that is over before its
// post_start was done, or because that failed.
func (s *Supervisor) settleSetUp(i *instance) {
	switch {
	case i.rec.Unfit != nil:
		s.attempted(i, i.failure)
		i.rec.Reason, i.rec.Detail = ReasonStartFailed, i.rec.Unfit.Why
		i.rec.Exit.Code = i.rec.Unfit.Code
		if i.rec.Restarts == 0 {
			i.rec.Desired = WantStopped // as after every start of a command that failed
		}
	case i.rec.Setup:
		s.attempted(i, fmt.Errorf("it exited (%d) before its %s hooks were done", i.rec.Exit.Code, postStart))
	}
	i.rec.Setup = false
}
