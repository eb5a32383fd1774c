package host

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/host/launch"
	"github.com/mocker-compose/mocker-compose/internal/host/mountns"
	"github.com/mocker-compose/mocker-compose/internal/host/pids"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// Pause freezes the run's group. Without one it stops the container's first process and
// then, from inside its pid namespace, all others: while the first stands still nobody is
// adopted or started by it, and the kernel signals the rest in one pass. What differs is
// that a parent inside can learn of the stop of its child (waitpid(2), WUNTRACED).
func (r *Runtime) Pause(run *supervisor.Run) error {
	child, err := childOf(run)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), groupLimit)
	defer cancel()
	if grouped, err := r.groups.Freeze(ctx, run.ID); grouped || err != nil {
		return err
	}
	if err := child.Signal(unix.SIGSTOP); err != nil {
		return ignoreEnded(err)
	}
	if r.sharedPID(child) {
		return mountns.Stop(child.Pidfd)
	}
	return r.signalAll(child, unix.SIGSTOP)
}

// Unpause lets them go on: the first process last, since it may wait for others.
func (r *Runtime) Unpause(run *supervisor.Run) error {
	child, err := childOf(run)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), groupLimit)
	defer cancel()
	if grouped, err := r.groups.Thaw(ctx, run.ID); grouped || err != nil {
		return err
	}
	if r.sharedPID(child) {
		err = mountns.Continue(child.Pidfd)
	} else {
		err = r.signalAll(child, unix.SIGCONT)
	}
	return errors.Join(err, ignoreEnded(child.Signal(unix.SIGCONT)))
}

// signalAll sends a signal to all processes of a run but its first, where the
// pid namespace is the run's own. A run that has ended needs none.
func (r *Runtime) signalAll(child *rootless.Child, sig unix.Signal) error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	name := fmt.Sprintf("%s/signal-%d.%d", child.Name, os.Getpid(), r.execs.Add(1))
	ctx, cancel := context.WithTimeout(context.Background(), launch.Limit)
	defer cancel()
	helper, err := r.start(ctx, name, sandbox.SignalAll(child.Pidfd, sig), [3]*os.File{null, null, null})
	if err == nil {
		<-helper.Done
		return r.holder.Release(helper)
	}
	if _, ended := pids.Of(child.Pidfd); ended != nil {
		return nil
	}
	return err
}

// Where containers share a pid namespace (pid: service:NAME, pid: host), a
// signal to all that is in it would be one to others too. There the processes of
// one are known by their mount namespace, which nobody shares.

// sharedPID tells whether others live, or may live, in the pid namespace of a run.
func (r *Runtime) sharedPID(child *rootless.Child) bool {
	c := r.containerOf(child.Name)
	return c != nil && (c.sharesPID() || r.isJoined(c))
}
