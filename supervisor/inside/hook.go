package inside

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// HookError is a hook that failed.
type HookError struct {
	Service string
	Key     string // "post_start"
	Index   int    // in its list, from 0
	Code    int    // its exit code; that of the shell if it could not be executed
	Output  string // the last lines
	Err     error  // why it has no exit code of its own, nil if it has
}

// Error is docker compose's text, and which hook it was.
func (e *HookError) Error() string {
	if e.Output == "" {
		return e.Brief()
	}
	return e.Brief() + ": " + e.Output
}

// Brief is the text without what the hook said: that may be a secret, and this one is
// for records.
func (e *HookError) Brief() string {
	at := fmt.Sprintf("%s %s[%d]", e.Service, e.Key, e.Index)
	if e.Err != nil {
		return at + " hook could not be executed: " + e.Err.Error()
	}
	return fmt.Sprintf("%s hook exited with status %d", at, e.Code)
}

// Unwrap is why there is no exit code.
func (e *HookError) Unwrap() error { return e.Err }

// Hooks executes the hooks of a container from number first on, one after the other,
// each after the end of the one before; done is told of each that succeeded. The error is
// a *HookError, or the cause of ctx, which ends the hook that is under way. What they say
// goes into the container's log.
func (x *Executor) Hooks(ctx context.Context, c *kernel.Container, key string, list []project.Hook, first int, done func(n int)) error {
	for n := first; n < len(list); n++ {
		if err := x.hook(ctx, c, key, n, &list[n]); err != nil {
			return err
		}
		done(n + 1)
	}
	return nil
}

func (x *Executor) hook(ctx context.Context, c *kernel.Container, key string, n int, h *project.Hook) error {
	failure := &HookError{Service: c.Service.Name, Key: key, Index: n}
	code, output, err := x.logged(ctx, c, kernel.ExecSpec{
		Args: h.Command, Env: h.Environment, User: h.User, WorkingDir: h.WorkingDir, Privileged: h.Privileged,
	})
	switch {
	case err == nil && code == 0:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		failure.Err, failure.Code = err, notFound-1
		var start *kernel.StartError
		if errors.As(err, &start) && start.Code != 0 {
			failure.Code = start.Code
		}
		return failure
	}
	failure.Code, failure.Output = code, output
	return failure
}

// logged executes a command whose output goes into the container's log, and returns its
// exit code and the end of its output: of standard error, if it said something there.
func (x *Executor) logged(ctx context.Context, c *kernel.Container, spec kernel.ExecSpec) (code int, output string, err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, "", err
	}
	defer null.Close()
	log, err := x.Runtime.Log(c)
	if err != nil {
		return 0, "", err
	}
	out, err := x.Tee(log[0])
	if err != nil {
		log[0].Close()
		log[1].Close()
		return 0, "", err
	}
	errs, err := x.Tee(log[1])
	if err != nil {
		log[1].Close()
		out.Collect()
		return 0, "", err
	}
	run, _, err := x.Runtime.Exec(ctx, c, spec, [3]*os.File{null, out.File, errs.File})
	if err != nil {
		out.Collect()
		errs.Collect()
		return 0, "", err
	}
	died := x.Events(c, spec.Args)
	select {
	case e := <-run.Done:
		code = e.Code
	case <-ctx.Done():
		if err := x.Runtime.Kill(run); err != nil {
			x.Report(fmt.Sprintf("end a hook of container %s: %v", c.Name, err))
		}
		code = Killed
	}
	died(code)
	output, last := out.Collect(), errs.Collect()
	if last != "" {
		output = last
	}
	return code, output, nil
}
