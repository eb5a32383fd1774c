package inside

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// notFound is the exit code of a command that is not there, as the shell has it.
const notFound = 127

// Killed is the exit code of what was ended by SIGKILL, as the shell has it.
const Killed = 128 + int(unix.SIGKILL)

// Failure is why a command that a client typed could not be executed, with the exit
// code that the shell has for it.
func Failure(name string, err error) error {
	h := &door.Hinted{Err: fmt.Errorf("exec in container %s: %w", name, err)}
	var start *kernel.StartError
	if errors.As(err, &start) {
		h.Hint, h.Code = start.Hint, start.Code
	}
	if h.Code == notFound {
		h.Hint = "" // it is about the service's command, and this one was typed
	}
	return h
}

// Files are the standard files of a command, of those that came with the request.
func Files(got []*os.File, b *api.ExecRequest) (files [3]*os.File, err error) {
	if b.TTY {
		return files, nil
	}
	if len(got) != 3 {
		return files, fmt.Errorf("exec in service %q: %d files came with the request, need standard input, output and error", b.Service, len(got))
	}
	copy(files[:], got)
	return files, nil
}

// Follow waits for the end of a command, which it tells the client, or of the client,
// which ends the command by kill. master is its terminal, nil if it has none; died is
// told the exit code.
func Follow(ctx context.Context, r *door.Request, run *kernel.Run, master *os.File, kill func(), died func(int)) error {
	for {
		select {
		case e := <-run.Done:
			died(e.Code)
			return r.Send(api.Answer{Exit: &api.Exit{Code: e.Code, Signal: int(e.Signal)}})
		case more := <-r.More:
			if more.Resize != nil && master != nil {
				resize(master, more.Resize)
			}
		case <-ctx.Done():
			kill()
			died(Killed)
			return context.Cause(ctx)
		}
	}
}

// resize tells a terminal its size; a terminal that has ended does not need it.
func resize(master *os.File, to *api.ResizeRequest) {
	raw, err := master.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: to.Rows, Col: to.Cols})
	})
}
