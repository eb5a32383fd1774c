package supervisor

import (
	"fmt"
	"syscall"
	"time"

	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// stuckLimit is how long a killed container may take to end before the command
// that waits for it is told.
const stuckLimit = 10 * time.Second

// beginStop is a command's stop of a running container.
func (s *Supervisor) beginStop(i *instance, e event) {
	s.wantStopped(i, e)
	s.endRun(i, e.stop)
}

// endRun asks the run to end. The intent is recorded first: a supervisor that
// dies now must not leave another that restarts what was stopped.
func (s *Supervisor) endRun(i *instance, o stopOrder) {
	s.stopMonitor(i)
	s.endHooks(i, event{})
	i.phase, i.warning = "", nil
	paused := i.rec.State == Paused
	if i.back = o.Back; s.preStops(i, o) {
		s.preStop(i, o, paused)
		return
	}
	s.signal(i, o, paused)
}

// signal sends the stop signal, and lets the grace period begin.
func (s *Supervisor) signal(i *instance, o stopOrder, paused bool) {
	grace := o.GraceOf(&i.rec.Service)
	i.deadline = time.Now().Add(grace)
	s.enter(i, Stopping)
	s.arm(i, grace, GraceOver)
	r, name := i.run, i.rec.Name
	// A bad name was refused when the project was accepted.
	sig, err := policy.ParseSignal(i.rec.Service.StopSignal, syscall.SIGTERM)
	if err != nil {
		sig = syscall.SIGTERM
	}
	tell := func() {
		s.tell(name, r, sig, grace)
		if paused {
			s.thaw(name, r)
		}
	}
	s.then(tell, func(err error) {
		// A full disk must not keep anything from being stopped.
		s.report("stop of container " + name + " is not recorded: " + err.Error())
		tell()
	})
}

// tell sends the stop signal, or kills at once where waiting is pointless: no
// grace was given (1 ns: by the file), or the process provably ignores the signal.
func (s *Supervisor) tell(name string, r *Run, sig syscall.Signal, grace time.Duration) {
	if grace <= 1 || s.rt.Ignores(r, sig) {
		sig = syscall.SIGKILL
	}
	_ = s.ask(func() {
		if i := s.instances[name]; i != nil && i.run == r {
			s.emitKill(i, sig, record.SentByStop)
		}
	})
	var err error
	if sig == syscall.SIGKILL {
		err = s.rt.Kill(r)
	} else {
		err = s.rt.Signal(r, sig)
	}
	if err != nil {
		s.report(fmt.Sprintf("stop container %s: %v", name, err))
	}
}

// shorten is a further stop of a container that is stopping already: it may
// bring the end of the grace period nearer, never move it away.
func (s *Supervisor) shorten(i *instance, e event) {
	s.wantStopped(i, e)
	i.back = i.back && e.stop.Back
	s.recordFirst()
	if !e.stop.Set {
		return
	}
	until := time.Now().Add(e.stop.Grace)
	if until.After(i.deadline) {
		return
	}
	i.deadline = until
	if i.phase != "" {
		i.order = e.stop
		s.arm(i, e.stop.Grace, HooksOver)
		return
	}
	s.arm(i, e.stop.Grace, GraceOver)
}

func (s *Supervisor) graceOver(i *instance, _ event) {
	s.arm(i, stuckLimit, Stuck)
	s.emitKill(i, syscall.SIGKILL, record.SentByGrace)
	r, name := i.run, i.rec.Name
	s.actions = append(s.actions, action{run: func() {
		if err := s.rt.Kill(r); err != nil {
			s.report(fmt.Sprintf("kill container %s: %v", name, err))
		}
	}})
}

func (s *Supervisor) stuck(i *instance, _ event) {
	i.trouble = fmt.Errorf("container %s has been killed and has not ended after %v: a process in it hangs in the kernel (state D in ps); look at the device or network file system that it uses", i.rec.Name, stuckLimit)
	s.report(i.trouble.Error())
}

// abortLaunch is a stop, or a hold, while the start is under way: the launch is
// cancelled; whichever result it has, the run does not stay.
func (s *Supervisor) abortLaunch(i *instance, e event) {
	i.again = false
	if e.kind == CmdHold {
		if i.rec.Desired == WantStopped {
			return
		}
		i.rec.Held = true
	} else {
		s.wantStopped(i, e)
		i.pending = e.stop
	}
	s.recordFirst()
	i.cancel()
}

// cancelBackoff is a stop of a container that waits for its next start.
func (s *Supervisor) cancelBackoff(i *instance, e event) {
	s.enter(i, i.rec.Idle())
	i.rec.Due = time.Time{}
	i.rec.Desired, i.rec.Held = WantStopped, false
	s.recordFirst()
	s.emit(i, "stop")
}

// ended moves on when the run is over: what belongs to the run is released
// before anything is decided, so that the next run finds its ports free and
// the log of this one complete.
func (s *Supervisor) ended(i *instance, e event) {
	s.stopMonitor(i)
	s.endHooks(i, event{})
	byUs := i.rec.State == Stopping
	exit := e.exit
	i.run, i.phase = nil, ""
	if exit.Lost {
		// Nothing is left to release, and the whole project has gone with it.
		s.lost(i, "the project's holder died")
		s.emit(i, "die")
		return
	}
	i.rec.Exit, i.rec.Finished = &exit, exit.At
	if i.rec.Finished.IsZero() {
		i.rec.Finished = time.Now()
	}
	i.rec.Reason, i.rec.Detail = record.ReasonOf(exit)
	if byUs && i.rec.Held {
		i.rec.Reason, i.rec.Detail = ReasonDependency, ""
	} else if byUs || i.rec.Desired == WantStopped {
		i.rec.Reason, i.rec.Detail = ReasonStopped, ""
	}
	s.settleSetUp(i)
	i.rec.Remember()
	s.enter(i, Ending)
	s.release(i)
	if !byUs && s.restartsAfter(i) {
		s.holdDependents(i.rec.Service.Name)
	}
}
