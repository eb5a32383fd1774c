package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// reconnectTime bounds how long a command waits for a killed supervisor's
// successor. Adoption takes milliseconds; a busy machine gets a wide margin.
const reconnectTime = 10 * time.Second

var (
	// errNotRunning: nobody serves the project.
	errNotRunning = errors.New("the project does not run")
	// errBroken: the supervisor went away in the middle of a request.
	errBroken = errors.New("the connection to the supervisor broke")
)

// dial connects to the project's supervisor, or returns an error that is
// errNotRunning when there is none.
func (e *Env) dial(ctx context.Context, name string) (*wire.Conn, error) {
	c, err := wire.Dial(ctx, e.Dirs.APISocket(name))
	switch {
	case err == nil:
		return c, nil
	case errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED):
		if e.held(ctx, name) {
			return e.redial(ctx, name)
		}
		return nil, fmt.Errorf("project %s: %w", name, errNotRunning)
	default:
		return nil, fmt.Errorf("project %s: %w", name, err)
	}
}

// redial waits until the supervisor runs again, and connects.
func (e *Env) redial(ctx context.Context, name string) (*wire.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, reconnectTime)
	defer cancel()
	if err := e.ensure(ctx, name); err != nil {
		return nil, err
	}
	return wire.Dial(ctx, e.Dirs.APISocket(name))
}

// ensure starts what the project needs to be served.
func (e *Env) ensure(ctx context.Context, name string) error {
	return EnsureProject(ctx, e.Dirs, name, e.Warn)
}

// Call sends a request and hands each answer to on (nil: ignore them). When
// the supervisor dies meanwhile, its successor is asked again, so on may see
// answers twice. The error of the last answer is returned.
func (e *Env) Call(ctx context.Context, name string, req api.Request, on func(*api.Answer) error) error {
	c, err := e.dial(ctx, name)
	if err != nil {
		return err
	}
	for deaths := 1; ; deaths++ {
		err = exchange(ctx, c, req, on)
		if !errors.Is(err, errBroken) || ctx.Err() != nil {
			return err
		}
		if c, err = e.succeed(ctx, name, deaths); err != nil {
			return err
		}
	}
}

// succeed connects to the successor of a supervisor that died under a request.
// More than a few deaths are not an accident.
func (e *Env) succeed(ctx context.Context, name string, deaths int) (*wire.Conn, error) {
	if deaths > 4 {
		return nil, fmt.Errorf("project %s: the supervisor dies again and again; see %s/supervisor.log", name, e.Dirs.ProjectData(name))
	}
	c, err := e.redial(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("project %s: the supervisor died and did not come back: %w", name, err)
	}
	return c, nil
}

// exchange is one request over one connection, which it closes.
func exchange(ctx context.Context, c *wire.Conn, req api.Request, on func(*api.Answer) error) error {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if err := c.Send(req); err != nil {
		return broken(ctx, err)
	}
	for {
		var a api.Answer
		files, err := c.Receive(&a)
		if err != nil {
			return broken(ctx, err)
		}
		for _, f := range files {
			f.Close()
		}
		if on != nil {
			if err := on(&a); err != nil {
				return err
			}
		}
		if a.Error != nil {
			return remote(a.Error)
		}
		if a.Done {
			return nil
		}
	}
}

// broken tells a connection that went away from one that we gave up.
func broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var errno syscall.Errno
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &errno) {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	return err
}
