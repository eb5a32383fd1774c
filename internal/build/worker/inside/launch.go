package inside

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/worker/stepgroup"
	"github.com/mocker-compose/mocker-compose/internal/seccomp"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// setupLimit bounds the way from clone to execve.
const setupLimit = 30 * time.Second

// start starts the program and waits for its end. The error of one that failed is a
// *build.ExitError.
func (r *running) start(ctx context.Context) error {
	in := sandbox.Container{
		Spec: r.spec, Root: r.root, MountPoint: r.p.holder.Root, SingleID: r.p.singleID, KeepGroups: r.p.singleID,
		Keyring: r.p.keyring, ShmSize: r.job.Machine.ShmSize, Privileged: r.insecure, Sources: r.sources,
	}
	if r.at != nil {
		in.NetNS = r.at.box.NS()
	}
	if !r.insecure {
		code, err := seccomp.Default(r.spec.Process.Capabilities.Bounding)
		if err != nil {
			return err
		}
		in.Filter = seccomp.Program{Code: code}
	}
	group, err := r.p.groups.Make(ctx)
	if err != nil {
		return err
	}
	if group != nil {
		r.back.Add("cgroup", group.End)
		in.Cgroup = group.Dir()
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	child, err := r.p.launch(ctx, sandbox.Setup(in), [3]*os.File{null, r.out, r.out})
	if err != nil {
		var exit *exitError
		if errors.As(err, &exit) {
			fmt.Fprintln(r.out, exit.text)
			return &build.ExitError{Code: exit.code}
		}
		return err
	}
	err = r.p.await(ctx, child)
	var exit *build.ExitError
	if errors.As(err, &exit) {
		r.starved(group, exit)
	}
	return err
}

// killed is the code of what SIGKILL has ended, as a shell has it.
const killed = 128 + int(unix.SIGKILL)

// starved completes how a program failed. It may have been one that it has started
// itself for which memory was short.
func (r *running) starved(group *stepgroup.Group, exit *build.ExitError) {
	if group != nil {
		exit.OOM = group.Starved()
		return
	}
	if exit.Code != killed {
		return
	}
	if why := r.p.groups.Why(); why != "" {
		r.p.notice("build: whether a step was killed because memory was short is not to be seen: " + why)
	}
}

// launch forks a prepared program, and returns when it has executed what it was for.
func (p *process) launch(ctx context.Context, prepared *sandbox.Prepared, stdio [3]*os.File) (*rootless.Child, error) {
	img, err := prepared.Program.Image(sandbox.StatusFile, p.portable)
	if err != nil {
		return nil, err
	}
	defer img.Close()
	status, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer status.Close()
	files := append([]*os.File{stdio[0], stdio[1], stdio[2], img, w}, prepared.Files...)
	child, err := p.holder.Start(rootless.Launch{
		Name: strconv.Itoa(p.next()), Files: files, Clone: prepared.Clone, HandOver: prepared.HandOver,
		Limit: setupLimit, Portable: p.portable, Cgroup: prepared.Cgroup,
	})
	w.Close()
	if err != nil {
		return nil, err
	}
	if err := awaitExec(ctx, prepared, status); err != nil {
		p.end(child)
		return nil, err
	}
	return child, nil
}

// end ends a child and waits for it.
func (p *process) end(child *rootless.Child) rootless.ChildInfo {
	_ = child.Signal(unix.SIGKILL) // in vain if it has ended
	info := <-child.Done
	_ = p.holder.Release(child)
	return info
}

// await waits for a program's end, and ends it with the context.
func (p *process) await(ctx context.Context, child *rootless.Child) error {
	var info rootless.ChildInfo
	select {
	case info = <-child.Done:
		_ = p.holder.Release(child)
	case <-ctx.Done():
		p.end(child)
		return context.Cause(ctx)
	}
	if info.Ended.IsZero() {
		return rootless.ErrHolderGone
	}
	if code := rootless.ExitCode(unix.WaitStatus(info.Status)); code != 0 {
		return &build.ExitError{Code: code}
	}
	return nil
}

// exitError is a program that could not be executed: its code as a shell has it.
type exitError struct {
	code int
	text string
}

func (e *exitError) Error() string { return e.text }

// awaitExec reads the status pipe to its end.
func awaitExec(ctx context.Context, prepared *sandbox.Prepared, status *os.File) error {
	if err := status.SetReadDeadline(time.Now().Add(setupLimit)); err != nil {
		return err
	}
	reached, failure, err := prepared.Report(ctx, status)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("%s: %w", reached, err)
	case failure != nil:
		return explain(prepared.Program.What(failure.Step), failure.Errno)
	case !strings.HasPrefix(reached, sandbox.ExecWhat):
		return fmt.Errorf("%s: the set-up was killed there", reached)
	}
	return nil
}

// explain turns a failed step into what the user can act on.
func explain(what string, errno unix.Errno) error {
	name, isExec := strings.CutPrefix(what, sandbox.ExecWhat)
	if !isExec {
		return fmt.Errorf("%s: %w", what, errno)
	}
	switch errno {
	case unix.ENOENT:
		if strings.Contains(name, "/") {
			return &exitError{127, fmt.Sprintf("exec: %q: no such file or directory (or the interpreter that it names is missing)", name)}
		}
		return &exitError{127, fmt.Sprintf("exec: %q: executable file not found in $PATH", name)}
	case unix.EACCES:
		return &exitError{126, fmt.Sprintf("exec: %q: permission denied", name)}
	case unix.ENOEXEC:
		return &exitError{126, fmt.Sprintf("exec: %q: exec format error: a script needs a first line such as #!/bin/sh, a program this machine's architecture, or an emulator for its own (qemu-user-static)", name)}
	}
	return &exitError{126, fmt.Sprintf("exec: %q: %v", name, errno)}
}
