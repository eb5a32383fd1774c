package host

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/host/mountns"
	"github.com/mocker-compose/mocker-compose/internal/host/pids"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// runOf is a child of the holder as the supervisor sees it.
func (r *Runtime) runOf(child *rootless.Child) *supervisor.Run {
	done := make(chan supervisor.Exit, 1)
	run := &supervisor.Run{ID: child.Name, Started: child.Started, Done: done, Handle: child}
	if child.Pidfd != nil {
		run.PID, _ = pids.Of(child.Pidfd)
	}
	go func() {
		defer close(done)
		if info, ok := <-child.Done; ok {
			e := exitOf(info)
			r.tellOOM(child.Name, &e)
			done <- e
		} else {
			done <- supervisor.Exit{Code: 137, Signal: syscall.SIGKILL, Lost: true, At: time.Now()}
		}
	}()
	return run
}

// execRun is runOf for a command, whose line in the table nobody asks for later.
func (r *Runtime) execRun(child *rootless.Child) *supervisor.Run {
	run := r.runOf(child)
	told := make(chan supervisor.Exit, 1)
	done := run.Done
	run.Done = told
	go func() {
		defer close(told)
		told <- <-done // first the news: somebody waits for them
		_ = r.holder.Release(child)
	}()
	return run
}

func exitOf(info rootless.ChildInfo) supervisor.Exit {
	ws := unix.WaitStatus(info.Status)
	e := supervisor.Exit{Code: rootless.ExitCode(ws), At: info.Ended}
	if ws.Signaled() {
		e.Signal = ws.Signal()
	}
	return e
}

func childOf(run *supervisor.Run) (*rootless.Child, error) {
	if c, ok := run.Handle.(*rootless.Child); ok {
		return c, nil
	}
	return nil, errors.New(run.ID + " is not a run of this project")
}

// Signal sends a signal to the main process: below an init, to the init's child,
// since the kernel drops what an init has no handler for.
func (r *Runtime) Signal(run *supervisor.Run, sig syscall.Signal) error {
	child, err := childOf(run)
	if err != nil {
		return err
	}
	if sig != unix.SIGKILL && sig != unix.SIGSTOP && sig != unix.SIGCONT {
		if main, err := pids.BelowInit(child.Pidfd); err == nil && main != nil {
			defer main.Close()
			return ignoreEnded(unix.PidfdSendSignal(wire.FD(main), sig, nil, 0))
		}
	}
	return ignoreEnded(child.Signal(sig))
}

// Kill ends every process of the run by its group. Without one its first process is pid
// 1 of a pid namespace, and the kernel kills the others with it; in a shared one we do.
func (r *Runtime) Kill(run *supervisor.Run) error {
	child, err := childOf(run)
	if err != nil {
		return err
	}
	grouped, err := r.groups.Kill(run.ID)
	err = errors.Join(err, ignoreEnded(child.Signal(unix.SIGKILL)))
	if c := r.containerOf(run.ID); c != nil && c.sharesPID() && c.run == child && !grouped {
		err = errors.Join(err, mountns.Sweep(c.rec.MountNS))
	}
	return err
}

// Ignores tells whether sig has provably no effect on the run's main process.
func (r *Runtime) Ignores(run *supervisor.Run, sig syscall.Signal) bool {
	child, err := childOf(run)
	if err != nil {
		return false
	}
	c := r.containerOf(run.ID)
	return pids.Ignores(child.Pidfd, sig, c == nil || !c.sharesPID())
}

func ignoreEnded(err error) error {
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	return err
}
