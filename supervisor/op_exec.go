package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
)

// exec executes a command in a running container. An attached command whose
// client goes away is killed, so that it cannot stay behind unseen; a detached
// one is the container's from the start and ends with it.
func (s *Supervisor) exec(ctx context.Context, r *request, b api.ExecRequest) error {
	if len(b.Args) == 0 {
		return fmt.Errorf("exec in service %q: no command given", b.Service)
	}
	c, err := s.execTarget(&b)
	if err != nil {
		return err
	}
	files, err := execFiles(r.Files, &b)
	if err != nil {
		return err
	}
	spec := ExecSpec{
		Args: b.Args, Env: b.Env, User: b.User, WorkingDir: b.WorkingDir,
		Privileged: b.Privileged, TTY: b.TTY, Detach: b.Detach, Rows: b.Rows, Cols: b.Cols,
	}
	// From here on the command may have effects: the client must not repeat it.
	if err := r.Send(api.Answer{}); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	run, master, err := s.rt.Exec(within, c, spec, files)
	if err != nil {
		return execFailure(c.Name, err)
	}
	s.pauseLatecomer(c.Name)
	died := s.execEvents(c, b.Args)
	r.CloseFiles() // the command has them now; its reader must see its end
	if master != nil {
		defer master.Close()
		err = r.Send(api.Answer{Started: &api.Started{PID: run.PID}}, master)
	} else {
		err = r.Send(api.Answer{Started: &api.Started{PID: run.PID}})
	}
	if b.Detach && err == nil {
		s.spawn(func() {
			select {
			case e := <-run.Done:
				died(e.Code)
			case <-s.ctx.Done():
			}
		})
		return nil
	}
	return s.followExec(ctx, r, c, run, master, died)
}

// notFoundCode is the exit code of a command that is not there, as the shell has it.
const notFoundCode = 127

// killedCode is the exit code of what was ended by SIGKILL, as the shell has it.
const killedCode = 128 + int(unix.SIGKILL)

// execFailure carries the exit code that the shell has for such a failure.
func execFailure(name string, err error) error {
	h := &door.Hinted{Err: fmt.Errorf("exec in container %s: %w", name, err)}
	var start *StartError
	if errors.As(err, &start) {
		h.Hint, h.Code = start.Hint, start.Code
	}
	if h.Code == notFoundCode {
		h.Hint = "" // it is about the service's command, and this one was typed
	}
	return h
}

// execTarget finds the container: the one with the number, or the first that runs.
func (s *Supervisor) execTarget(b *api.ExecRequest) (*Container, error) {
	r, err := s.target(b.Service, b.Index)
	if err != nil {
		return nil, err
	}
	switch r.State {
	case Running, Stopping:
		return &r.Container, nil
	case Paused:
		return nil, withHint("run: mocker-compose unpause "+b.Service, fmt.Errorf("container %s is paused, unpause the container before exec", r.Name))
	}
	return nil, fmt.Errorf("container %s is restarting, wait until the container is running", r.Name)
}

func execFiles(got []*os.File, b *api.ExecRequest) (files [3]*os.File, err error) {
	if b.TTY {
		return files, nil
	}
	if len(got) != 3 {
		return files, fmt.Errorf("exec in service %q: %d files came with the request, need standard input, output and error", b.Service, len(got))
	}
	copy(files[:], got)
	return files, nil
}

// followExec waits for the end of the command, or of its client.
func (s *Supervisor) followExec(ctx context.Context, r *request, c *Container, run *Run, master *os.File, died func(int)) error {
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
			if err := s.rt.Kill(run); err != nil {
				s.report(fmt.Sprintf("end a command in container %s: %v", c.Name, err))
			}
			died(killedCode)
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
