package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/rootless/program"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// awaitExec reads the status pipe to its end: nothing means executed.
func awaitExec(ctx context.Context, p *sandbox.Prepared, status *os.File) error {
	deadline := time.Now().Add(setupLimit)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	if err := status.SetReadDeadline(deadline); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = status.SetReadDeadline(time.Now()) })()
	b, err := io.ReadAll(status)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return stageError("launch", "", fmt.Errorf("the set-up did not end within %v", setupLimit))
	case err != nil:
		return stageError("launch", "", err)
	case len(b) == 0:
		return nil
	}
	f, ok := program.ParseFailure(b)
	if !ok {
		return stageError("launch", "", errors.New("unreadable report of the set-up"))
	}
	return explain(p.Program.What(f.Step), f.Errno)
}

// explain turns a failed step into what the user can act on.
func explain(what string, errno unix.Errno) error {
	e := &supervisor.StartError{Stage: "launch", Object: what, Err: errno}
	if name, ok := strings.CutPrefix(what, sandbox.ExecWhat); ok {
		e.Stage, e.Object, e.Code = "exec", name, 126
		switch errno {
		case unix.ENOENT:
			e.Code = 127
			e.Err = errors.New("executable file not found in $PATH")
			if strings.Contains(name, "/") {
				e.Err = errors.New("no such file or directory (or the interpreter that it names is missing)")
			}
			e.Hint = "check command and entrypoint; `mocker-compose config` shows them as they are understood"
		case unix.EACCES:
			e.Err = errors.New("permission denied")
			e.Hint = "it must be executable (chmod +x) and on a file system that is not mounted noexec"
		case unix.ENOEXEC:
			e.Err = errors.New("exec format error")
			e.Hint = "a script needs a first line such as #!/bin/sh, a program this machine's architecture"
		}
	}
	if strings.HasPrefix(what, "open mount point") && errno == unix.ENOENT {
		e.Hint = "without an image the root file system is the host's, read-only, and the directory that would have to hold the mount point has too many entries to be rebuilt: choose a mount point in another directory"
	}
	return e
}
