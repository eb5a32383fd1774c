package lifecycle

import (
	"context"
	"fmt"
	"syscall"

	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// Kill sends a signal to the main process of a container that runs, at once. A signal
// that is meant to end it also keeps its restart policy from starting it again; SIGKILL
// is waited for. say is told what is done, and nothing where nothing runs.
func (l *Loop) Kill(ctx context.Context, name string, sig syscall.Signal, say func(status string)) error {
	var run *Run
	paused := false
	err := l.Ask(func() {
		run = l.intend(name, sig)
		i := l.Instances[name]
		paused = run != nil && i.Rec.State == Paused && policy.Ends(&i.Rec.Service, sig)
	})
	if err != nil || run == nil {
		return err
	}
	say("Killing")
	if sig == syscall.SIGKILL {
		err = l.rt.Kill(run)
	} else {
		err = l.rt.Signal(run, sig)
	}
	if paused {
		l.thaw(name, run)
	}
	if err == nil && sig == syscall.SIGKILL {
		err = l.Await(ctx, func() (bool, error) {
			i := l.Instances[name]
			return i == nil || i.Run != run, nil
		})
	}
	if err != nil {
		return fmt.Errorf("send %v to container %s: %w", sig, name, err)
	}
	say("Killed")
	return nil
}

// intend records what a signal means for the container's future and returns the
// run to signal, nil if there is none. Called on the loop.
func (l *Loop) intend(name string, sig syscall.Signal) *Run {
	i := l.Instances[name]
	if i == nil {
		return nil
	}
	if policy.Ends(&i.Rec.Service, sig) {
		if i.Run == nil {
			if i.Rec.State != Removing {
				l.apply(event{kind: CmdStop, name: name, stop: stopOrder{Set: true}})
			}
			return nil
		}
		l.wantStopped(i, event{})
		l.recordFirst()
	}
	if i.Run != nil {
		l.emitKill(i, sig, record.SentByKill)
	}
	return i.Run
}
