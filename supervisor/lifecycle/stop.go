package lifecycle

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
func (l *Loop) beginStop(i *Instance, e event) {
	l.wantStopped(i, e)
	l.endRun(i, e.stop)
}

// endRun asks the run to end. The intent is recorded first: a supervisor that
// dies now must not leave another that restarts what was stopped.
func (l *Loop) endRun(i *Instance, o stopOrder) {
	l.stopMonitor(i)
	l.endHooks(i, event{})
	i.phase, i.warning = "", nil
	paused := i.Rec.State == Paused
	if i.back = o.Back; l.preStops(i, o) {
		l.preStop(i, o, paused)
		return
	}
	l.signal(i, o, paused)
}

// signal sends the stop signal, and lets the grace period begin.
func (l *Loop) signal(i *Instance, o stopOrder, paused bool) {
	grace := o.GraceOf(&i.Rec.Service)
	i.deadline = time.Now().Add(grace)
	l.enter(i, Stopping)
	l.arm(i, grace, GraceOver)
	r, name := i.Run, i.Rec.Name
	// A bad name was refused when the project was accepted.
	sig, err := policy.ParseSignal(i.Rec.Service.StopSignal, syscall.SIGTERM)
	if err != nil {
		sig = syscall.SIGTERM
	}
	tell := func() {
		l.tell(name, r, sig, grace)
		if paused {
			l.thaw(name, r)
		}
	}
	l.then(tell, func(err error) {
		// A full disk must not keep anything from being stopped.
		l.Report("stop of container " + name + " is not recorded: " + err.Error())
		tell()
	})
}

// tell sends the stop signal, or kills at once where waiting is pointless: no
// grace was given (1 ns: by the file), or the process provably ignores the signal.
func (l *Loop) tell(name string, r *Run, sig syscall.Signal, grace time.Duration) {
	if grace <= 1 || l.rt.Ignores(r, sig) {
		sig = syscall.SIGKILL
	}
	_ = l.Ask(func() {
		if i := l.Instances[name]; i != nil && i.Run == r {
			l.emitKill(i, sig, record.SentByStop)
		}
	})
	var err error
	if sig == syscall.SIGKILL {
		err = l.rt.Kill(r)
	} else {
		err = l.rt.Signal(r, sig)
	}
	if err != nil {
		l.Report(fmt.Sprintf("stop container %s: %v", name, err))
	}
}

// shorten is a further stop of a container that is stopping already: it may
// bring the end of the grace period nearer, never move it away.
func (l *Loop) shorten(i *Instance, e event) {
	l.wantStopped(i, e)
	i.back = i.back && e.stop.Back
	l.recordFirst()
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
		l.arm(i, e.stop.Grace, HooksOver)
		return
	}
	l.arm(i, e.stop.Grace, GraceOver)
}

func (l *Loop) graceOver(i *Instance, _ event) {
	l.arm(i, stuckLimit, Stuck)
	l.emitKill(i, syscall.SIGKILL, record.SentByGrace)
	r, name := i.Run, i.Rec.Name
	l.actions = append(l.actions, action{run: func() {
		if err := l.rt.Kill(r); err != nil {
			l.Report(fmt.Sprintf("kill container %s: %v", name, err))
		}
	}})
}

func (l *Loop) stuck(i *Instance, _ event) {
	i.trouble = fmt.Errorf("container %s has been killed and has not ended after %v: a process in it hangs in the kernel (state D in ps); look at the device or network file system that it uses", i.Rec.Name, stuckLimit)
	l.Report(i.trouble.Error())
}

// abortLaunch is a stop, or a hold, while the start is under way: the launch is
// cancelled; whichever result it has, the run does not stay.
func (l *Loop) abortLaunch(i *Instance, e event) {
	i.again = false
	if e.kind == CmdHold {
		if i.Rec.Desired == WantStopped {
			return
		}
		i.Rec.Held = true
	} else {
		l.wantStopped(i, e)
		i.pending = e.stop
	}
	l.recordFirst()
	i.cancel()
}

// cancelBackoff is a stop of a container that waits for its next start.
func (l *Loop) cancelBackoff(i *Instance, e event) {
	l.enter(i, i.Rec.Idle())
	i.Rec.Due = time.Time{}
	i.Rec.Desired, i.Rec.Held = WantStopped, false
	l.recordFirst()
	l.Emit(i, "stop")
}

// ended moves on when the run is over: what belongs to the run is released
// before anything is decided, so that the next run finds its ports free and
// the log of this one complete.
func (l *Loop) ended(i *Instance, e event) {
	l.stopMonitor(i)
	l.endHooks(i, event{})
	byUs := i.Rec.State == Stopping
	exit := e.exit
	i.Run, i.phase = nil, ""
	if exit.Lost {
		// Nothing is left to release, and the whole project has gone with it.
		l.lost(i, "the project's holder died")
		l.Emit(i, "die")
		return
	}
	i.Rec.Exit, i.Rec.Finished = &exit, exit.At
	if i.Rec.Finished.IsZero() {
		i.Rec.Finished = time.Now()
	}
	i.Rec.Reason, i.Rec.Detail = record.ReasonOf(exit)
	if byUs && i.Rec.Held {
		i.Rec.Reason, i.Rec.Detail = ReasonDependency, ""
	} else if byUs || i.Rec.Desired == WantStopped {
		i.Rec.Reason, i.Rec.Detail = ReasonStopped, ""
	}
	l.settleSetUp(i)
	i.Rec.Remember()
	l.enter(i, Ending)
	l.release(i)
	if !byUs && l.restartsAfter(i) {
		l.holdDependents(i.Rec.Service.Name)
	}
}
