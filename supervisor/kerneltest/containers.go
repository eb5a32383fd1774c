package kerneltest

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Create implements kernel.Runtime.
func (f *Kernel) Create(_ context.Context, c *kernel.Container) error {
	defer f.enter("create", c.Name)()
	f.Mu.Lock()
	defer f.Mu.Unlock()
	for _, digest := range c.Service.Digests() {
		if _, ok := f.Contents[digest]; !ok {
			return fmt.Errorf("the content %s is not kept", digest)
		}
	}
	f.Made[c.Name] = true
	return f.attach(c)
}

// Start implements kernel.Runtime.
func (f *Kernel) Start(ctx context.Context, c *kernel.Container, run int) (*kernel.Run, error) {
	defer f.enter("start", c.Name)()
	f.Mu.Lock()
	prog := f.Programs[c.Service.Name]
	if f.Pick != nil {
		if p := f.Pick(c); p != nil {
			prog = *p
		}
	}
	if run <= f.last[c.Name] {
		f.t.Errorf("start %s: run %d after run %d", c.Name, run, f.last[c.Name])
	}
	f.last[c.Name] = run
	f.Mu.Unlock()
	if prog.Slow > 0 {
		select {
		case <-time.After(prog.Slow):
		case <-ctx.Done():
			return nil, &kernel.StartError{Stage: "exec", Object: c.Name, Err: ctx.Err()}
		}
	}
	f.Mu.Lock()
	defer f.Mu.Unlock()
	if prog.StartErr != nil {
		return nil, prog.StartErr
	}
	if !f.Made[c.Name] {
		f.t.Errorf("start %s: not created", c.Name)
	}
	if old := f.Runs[c.Name]; old != nil && old.Lives() {
		f.t.Errorf("start %s: it runs", c.Name)
	}
	r := &Run{id: fmt.Sprintf("%s/%d", c.Name, run), n: run, started: time.Now(), Program: prog, Over: make(chan struct{})}
	f.Runs[c.Name] = r
	f.Hold(c)
	if prog.Life > 0 {
		f.later(r, prog.Life, kernel.Exit{Code: prog.Code})
	}
	return f.handle(r), nil
}

// Stopped implements kernel.Runtime.
func (f *Kernel) Stopped(_ context.Context, c *kernel.Container) error {
	defer f.enter("stopped", c.Name)()
	return nil
}

// Remove implements kernel.Runtime.
func (f *Kernel) Remove(_ context.Context, c *kernel.Container, _ bool) error {
	defer f.enter("remove", c.Name)()
	f.Mu.Lock()
	defer f.Mu.Unlock()
	if r := f.Runs[c.Name]; r != nil && r.Lives() {
		f.t.Errorf("remove %s: it runs", c.Name)
	}
	delete(f.Made, c.Name)
	delete(f.At, c.Name)
	delete(f.Runs, c.Name)
	delete(f.last, c.Name)
	return nil
}

// Adopt implements kernel.Runtime.
func (f *Kernel) Adopt(_ context.Context, known map[string]kernel.Known) (map[string]*kernel.Run, error) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	runs := map[string]*kernel.Run{}
	for name, k := range known {
		if f.Made[name] {
			_ = f.attach(k.Container) // as the record has it, if that is possible
		}
	}
	for name, r := range f.Runs {
		k, ok := known[name]
		if !ok || k.Run != r.n {
			r.Die(kernel.Exit{Code: 137, Signal: syscall.SIGKILL})
			continue
		}
		runs[name] = f.handle(r)
	}
	return runs, nil
}
