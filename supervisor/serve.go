package supervisor

import (
	"context"
	"errors"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/lifecycle"
)

// lastWords is how long listeners have to read that the project has ended.
const lastWords = time.Second

// Serve answers requests on l until the project has ended (ErrProjectEnded),
// there is nothing left to do (ErrIdle), or ctx or the supervisor ends. It
// closes l and the supervisor; containers that run go on.
func (s *Supervisor) Serve(ctx context.Context, l *wire.Listener) error {
	// Connections end when we say so: who took the project down gets an answer
	// even if ctx ends with the project.
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	conns := door.Accept(l, func(c *wire.Conn) { s.serveConn(inner, c) })
	_ = s.loop.Ask(s.watchIdle)
	err := s.untilFinished(ctx)
	// First the door, then those inside: nobody is let in and forgotten.
	l.Close()
	if errors.Is(err, ErrProjectEnded) {
		defer time.AfterFunc(lastWords, cancel).Stop()
	} else {
		cancel()
	}
	conns.Wait()
	s.Close()
	return err
}

func (s *Supervisor) untilFinished(ctx context.Context) error {
	var err error
	select {
	case err := <-s.finished:
		return err
	case <-ctx.Done():
		err = ctx.Err()
	case <-s.loop.Ended():
		err = lifecycle.ErrStopped
	}
	if !s.queue.Closed() {
		return err
	}
	// The project was just taken down, and its holder may have gone with it.
	select {
	case err := <-s.finished:
		return err
	case <-time.After(lastWords):
		return err
	}
}

// finish makes Serve return err; the first call counts.
func (s *Supervisor) finish(err error) {
	select {
	case s.finished <- err:
	default:
	}
}

// serveConn carries out the one request of a connection.
func (s *Supervisor) serveConn(ctx context.Context, c *wire.Conn) {
	_ = s.loop.Ask(func() { s.clients++ })
	defer func() { _ = s.loop.Ask(func() { s.clients-- }) }()
	door.Serve(ctx, c, s.answer)
}
