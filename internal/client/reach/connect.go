package reach

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// reconnectTime bounds how long a command waits for a killed supervisor's
// successor. Adoption takes milliseconds; a busy machine gets a wide margin.
const reconnectTime = 10 * time.Second

// obstinate bounds how long a start of the holders is tried again that fails
// for a reason that may be the end of an earlier project, or may last.
const obstinate = 500 * time.Millisecond

// The pauses between tries; there is no event for a socket that is not there yet.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = 100 * time.Millisecond
)

var (
	// ErrNotRunning: nobody serves the project.
	ErrNotRunning = errors.New("the project does not run")
	// ErrNoHost is an Ensure's for a program that cannot start projects at all.
	ErrNoHost = errors.New("this build cannot start projects: no host support is linked in")
)

// How is what a command may do to get an answer.
type How bool

const (
	// Asking waits for a supervisor that is being replaced, and starts nothing.
	Asking How = false
	// Starting starts what does not run.
	Starting How = true
)

// Supervisors are those of a user's projects.
type Supervisors struct {
	Dirs state.Dirs
	// Start starts the holders and the supervisor of a project where they do not run,
	// and returns when the supervisor accepts connections. report gets what the user
	// should know of the machine, a line each.
	Start func(ctx context.Context, dirs state.Dirs, project string, report func(string)) error
	// Warn says a line to the user.
	Warn func(line string)
	// DryRun: nothing is started.
	DryRun bool
}

// Connect connects to the project's supervisor. For one that is just being
// replaced, or a project that is just ending, it waits. [ErrNotRunning] means
// that nobody serves the project, and that nobody was to be started.
func (s *Supervisors) Connect(ctx context.Context, name string, how How) (*wire.Conn, error) {
	if how == Starting && s.DryRun {
		return nil, errors.New("--dry-run: this command cannot be told without being done")
	}
	began := time.Now()
	for pause := time.Duration(0); ; pause = longer(pause) {
		c, err := wire.Dial(ctx, s.Dirs.APISocket(name))
		switch {
		case err == nil:
			return c, nil
		case !absent(err) || ctx.Err() != nil:
			return nil, fmt.Errorf("project %s: %w", name, err)
		case time.Since(began) > reconnectTime:
			return nil, fmt.Errorf("project %s: no supervisor came back within %v: %w; see %s/supervisor.log", name, reconnectTime, err, s.Dirs.ProjectData(name))
		case how == Asking && !s.Held(ctx, name):
			return nil, fmt.Errorf("project %s: %w", name, ErrNotRunning)
		case how == Asking && s.listens(ctx, s.Dirs.UserSocket()):
			// The user holder lives, and starts another one.
		default:
			if err := s.Ensure(ctx, name); err != nil {
				return nil, err
			}
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// Ensure starts what the project needs to be served. What was just ending, or
// was killed under our request, is asked again.
func (s *Supervisors) Ensure(ctx context.Context, name string) error {
	if s.DryRun {
		return nil
	}
	began := time.Now()
	said := map[string]bool{}
	report := func(line string) {
		if !said[line] {
			said[line] = true
			s.Warn(line)
		}
	}
	for pause := firstPause; ; pause = longer(pause) {
		err := s.Start(ctx, s.Dirs, name, report)
		if err == nil || ctx.Err() != nil || errors.Is(err, ErrNoHost) {
			return err
		}
		limit := obstinate
		if absent(err) || cut(err) {
			limit = reconnectTime
		}
		if time.Since(began) > limit {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// Held reports that the project's holder lives: then a supervisor that does
// not answer is being started again.
func (s *Supervisors) Held(ctx context.Context, name string) bool {
	return s.listens(ctx, s.Dirs.HolderSocket(name))
}

func (s *Supervisors) listens(ctx context.Context, socket string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	c, err := wire.Dial(ctx, socket)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// absent reports that nobody listens on a socket (unix(7); EAGAIN: more wait
// for the listener than the kernel lets).
func absent(err error) bool {
	return errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EAGAIN)
}

// cut reports that the other side of a connection has gone.
func cut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

func longer(pause time.Duration) time.Duration {
	return min(max(2*pause, firstPause), lastPause)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
