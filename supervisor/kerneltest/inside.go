package kerneltest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/copytar"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Exec implements kernel.Runtime.
func (f *Kernel) Exec(_ context.Context, c *kernel.Container, spec kernel.ExecSpec, files [3]*os.File) (*kernel.Run, *os.File, error) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	if f.OnExec != nil {
		if err := f.OnExec(c); err != nil {
			return nil, nil, err
		}
	}
	host := f.Runs[c.Name]
	if host == nil || !host.Lives() {
		return nil, nil, kernel.ErrNotRunning
	}
	f.execs++
	r := &Run{id: fmt.Sprintf("%s/exec-%d", c.Name, f.execs), n: f.execs, started: time.Now(), Program: host.Program, Over: make(chan struct{})}
	f.Runs[r.id] = r
	f.wg.Go(func() { // what is executed inside ends with the container
		select {
		case <-host.Over:
			r.Die(kernel.Exit{Code: 137, Signal: syscall.SIGKILL})
		case <-r.Over:
		}
	})
	if spec.Args[0] == "hook" {
		f.calls = append(f.calls, strings.Join(append([]string{"exec", c.Name}, spec.Args...), " "))
		code, took := 0, time.Duration(0)
		if host.Program.Hook != nil {
			code, took = host.Program.Hook(spec.Args)
		}
		fmt.Fprintf(files[2], "the secret word of %s", c.Name)
		f.later(r, took, kernel.Exit{Code: code})
	} else if host.Program.Probe != nil {
		code, took := host.Program.Probe(time.Since(host.started))
		fmt.Fprintf(files[1], "probe of %s says %d", c.Name, code)
		f.later(r, took, kernel.Exit{Code: code})
	} else if spec.Args[0] != "wait" {
		r.Die(kernel.Exit{Code: 7})
	}
	return f.handle(r), nil, nil
}

// Copy writes what it was asked into the stream.
func (f *Kernel) Copy(_ context.Context, c *kernel.Container, job copytar.Job, stream *os.File) ([]string, error) {
	if job.Path == "/missing" {
		return nil, errors.New("could not find the file /missing")
	}
	_, err := fmt.Fprintf(stream, "%s %+v", c.Name, job)
	return []string{`"dev" is a device and was left out`}, err
}

// Log is nowhere: what is written is looked at where it is copied.
func (f *Kernel) Log(*kernel.Container) (files [2]*os.File, err error) {
	for i := range files {
		if files[i], err = os.OpenFile(os.DevNull, os.O_WRONLY, 0); err != nil {
			return files, err
		}
	}
	return files, nil
}

// LogTail implements kernel.Runtime.
func (f *Kernel) LogTail(_ context.Context, c *kernel.Container, _ time.Time, _ int) (string, error) {
	return "last words of " + c.Name, nil
}

// Input implements kernel.Runtime.
func (f *Kernel) Input(*kernel.Container) (*os.File, error) { return nil, nil }

// Relog implements kernel.Runtime.
func (f *Kernel) Relog(*kernel.Container) error { return nil }

// HoldLog implements kernel.Runtime.
func (f *Kernel) HoldLog(c *kernel.Container) (*os.File, error) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	if !f.Made[c.Name] {
		return nil, os.ErrNotExist
	}
	return os.Open(os.DevNull)
}

// Dial implements kernel.Runtime.
func (f *Kernel) Dial(context.Context, *kernel.Container, uint16) (net.Conn, error) {
	return nil, errors.New("nobody listens")
}

// FollowLog implements kernel.Runtime.
func (f *Kernel) FollowLog(ctx context.Context, _ *kernel.Container, _ time.Time, _ func([]byte) bool) error {
	<-ctx.Done()
	return ctx.Err()
}

// Notifications implements kernel.Runtime.
func (f *Kernel) Notifications(ctx context.Context, _ *kernel.Container, _ func(string) error) error {
	<-ctx.Done()
	return ctx.Err()
}
