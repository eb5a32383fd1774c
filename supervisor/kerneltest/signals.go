package kerneltest

import (
	"fmt"
	"syscall"

	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Signal implements kernel.Runtime.
func (f *Kernel) Signal(run *kernel.Run, sig syscall.Signal) error {
	f.Mu.Lock()
	f.calls = append(f.calls, fmt.Sprintf("signal %s %d", run.ID, int(sig)))
	f.Mu.Unlock()
	r := f.Find(run.ID)
	if r == nil || r.Program.Deaf || r.Program.Stubborn {
		return nil
	}
	f.Mu.Lock()
	if r.paused {
		r.pending = &kernel.Exit{Code: 128 + int(sig), Signal: sig}
		f.Mu.Unlock()
		return nil
	}
	f.Mu.Unlock()
	if r.Program.Dying == 0 {
		r.Die(kernel.Exit{Code: 128 + int(sig), Signal: sig})
		return nil
	}
	f.later(r, r.Program.Dying, kernel.Exit{Code: 0})
	return nil
}

// Kill implements kernel.Runtime.
func (f *Kernel) Kill(run *kernel.Run) error {
	f.Mu.Lock()
	f.calls = append(f.calls, "kill "+run.ID)
	f.Mu.Unlock()
	if r := f.Find(run.ID); r != nil {
		r.Die(kernel.Exit{Code: 137, Signal: syscall.SIGKILL})
	}
	return nil
}

// Ignores implements kernel.Runtime.
func (f *Kernel) Ignores(run *kernel.Run, _ syscall.Signal) bool {
	r := f.Find(run.ID)
	return r != nil && r.Program.Deaf
}

// Pause implements kernel.Runtime.
func (f *Kernel) Pause(run *kernel.Run) error { return f.freeze("pause", run, true) }

// Unpause implements kernel.Runtime.
func (f *Kernel) Unpause(run *kernel.Run) error { return f.freeze("unpause", run, false) }

func (f *Kernel) freeze(call string, run *kernel.Run, on bool) error {
	r := f.Find(run.ID)
	f.Mu.Lock()
	defer f.Mu.Unlock()
	f.calls = append(f.calls, call+" "+run.ID)
	if r == nil {
		return nil
	}
	if on && r.Program.PauseErr != nil {
		return r.Program.PauseErr
	}
	r.paused = on
	if !on && r.pending != nil {
		r.Die(*r.pending)
	}
	return nil
}
