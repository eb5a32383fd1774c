package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// await reads the status pipe to its end: the set-up has come to its last mark
// and reported no failure means executed (or ended, for a program that executes nothing).
// late: the holder has ended it.
func await(ctx context.Context, p *sandbox.Prepared, status *os.File, late bool) error {
	deadline := time.Now().Add(Limit)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	if err := status.SetReadDeadline(deadline); err != nil {
		return err
	}
	reached, failure, err := p.Report(ctx, status)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case late, errors.Is(err, os.ErrDeadlineExceeded):
		return failed("launch", reached, fmt.Errorf("the set-up stood still there for %v: %w", Limit, unix.ETIMEDOUT))
	case err != nil:
		return failed("launch", reached, err)
	case failure != nil:
		return Explain(p.Program.What(failure.Step), failure.Errno)
	case !strings.HasPrefix(reached, sandbox.ExecWhat) && reached != sandbox.EndWhat:
		return failed("launch", reached, fmt.Errorf("the set-up was killed there: %w", unix.EINTR))
	}
	return nil
}

// Explain turns a failed step into what the user can act on.
func Explain(what string, errno unix.Errno) error {
	e := &kernel.StartError{Stage: "launch", Object: what, Err: errno}
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
			e.Hint = "a script needs a first line such as #!/bin/sh, a program this machine's architecture, or an emulator for its own (qemu-user-static)"
		}
	}
	if dir, ok := strings.CutPrefix(what, sandbox.CwdWhat); ok {
		e.Stage, e.Object = strings.TrimSpace(sandbox.CwdWhat), dir
	}
	if who, ok := strings.CutPrefix(what, sandbox.BecomeWhat); ok && errno == unix.EINVAL {
		e.Stage, e.Object, e.Err, e.Hint = "user", who, errNoSuchID, moreIDs
	}
	if what == sandbox.GroupsWhat && errno == unix.EINVAL {
		e.Stage, e.Object, e.Err, e.Hint = "group_add", "", errNoSuchID, moreIDs
	}
	if errno == unix.EAGAIN {
		e.Hint = tooMany
	}
	if strings.HasPrefix(what, "open mount point") && errno == unix.ENOENT {
		e.Hint = "it is missing and cannot be made: below a read-only volume make it in the volume's source; without an image, whose root file system is the host's, choose a mount point in a directory with fewer entries"
	}
	return e
}

// errNoSuchID is what EINVAL of setresuid(2) and setgroups(2) means in a user namespace.
var errNoSuchID = errors.New("containers have no such id: theirs are those that /etc/subuid and /etc/subgid give you")

const moreIDs = "take a smaller one, or have more given to you: sudo usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST USER (`mocker-compose doctor` counts those that there are)"

// refused explains why the holder could not fork a child.
func refused(name string, err error) error {
	e := &kernel.StartError{Stage: "launch", Object: name, Err: err}
	if strings.Contains(err.Error(), unix.EAGAIN.Error()) { // its text alone comes from there
		e.Hint = tooMany
	}
	return e
}

// tooMany is what a fork means that is refused with EAGAIN.
const tooMany = "a limit of processes is reached: pids_limit of the service, or that of ulimits nproc, which counts all processes that the same user has in your containers, or yours on this machine"
