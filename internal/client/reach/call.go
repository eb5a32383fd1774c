package reach

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// ErrBroken: the supervisor went away in the middle of a request.
var ErrBroken = errors.New("the connection to the supervisor broke")

// Refused is the error that a supervisor has answered with.
type Refused struct{ Answer *api.Error }

// Error is the supervisor's message.
func (r *Refused) Error() string { return r.Answer.Message }

// Call sends a request to whoever serves the project, and hands each answer to
// on (nil: ignore them). When the supervisor dies meanwhile, its successor is
// asked again, so on may see answers twice. The error is on's, [*Refused], or that of
// [Supervisors.Connect].
func (s *Supervisors) Call(ctx context.Context, name string, how How, req api.Request, on func(*api.Answer) error) error {
	var patience Patience
	for {
		patience.Begin(req.Op)
		err := s.once(ctx, name, how, req, func(a *api.Answer) error {
			patience.Heard(a)
			if on == nil {
				return nil
			}
			return on(a)
		})
		if !errors.Is(err, ErrBroken) || ctx.Err() != nil {
			return err
		}
		if err := patience.Again(ctx, s, name); err != nil {
			return err
		}
	}
}

// Once is Call for one connection, to a supervisor that is there. gone: nobody serves the
// project, or whoever did went away meanwhile.
func (s *Supervisors) Once(ctx context.Context, name string, req api.Request, on func(*api.Answer) error) (gone bool, err error) {
	err = s.once(ctx, name, Asking, req, on)
	return errors.Is(err, ErrNotRunning) || errors.Is(err, ErrBroken), err
}

func (s *Supervisors) once(ctx context.Context, name string, how How, req api.Request, on func(*api.Answer) error) error {
	c, err := s.Connect(ctx, name, how)
	if err != nil {
		return err
	}
	return exchange(ctx, c, req, on)
}

// exchange is one request over one connection, which it closes.
func exchange(ctx context.Context, c *wire.Conn, req api.Request, on func(*api.Answer) error) error {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if err := c.Send(req); err != nil {
		return Broken(ctx, err)
	}
	for {
		var a api.Answer
		files, err := c.Receive(&a)
		if err != nil {
			return Broken(ctx, err)
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
			return &Refused{a.Error}
		}
		if a.Done {
			return nil
		}
	}
}

// Broken tells a connection that went away, [ErrBroken], from one that we gave up: then
// the error is that of ctx.
func Broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var errno syscall.Errno
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &errno) {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return err
}
