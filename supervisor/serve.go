package supervisor

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// firstMessage is how long a client may take to say what it wants.
const firstMessage = 30 * time.Second

// lastWords is how long listeners have to read that the project has ended.
const lastWords = time.Second

// errClientGone cancels what only its client wanted.
var errClientGone = errors.New("the client has gone")

// Serve answers requests on l until the project has ended (ErrProjectEnded),
// there is nothing left to do (ErrIdle), or ctx or the supervisor ends. It
// closes l and the supervisor; containers that run go on.
func (s *Supervisor) Serve(ctx context.Context, l *wire.Listener) error {
	// Connections end when we say so: who took the project down gets an answer
	// even if ctx ends with the project.
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { s.serveConn(inner, c) })
		}
	})
	_ = s.ask(s.watchIdle)
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
	case <-s.loopEnded:
		err = errStopped
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
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	_ = s.ask(func() { s.clients++ })
	defer func() { _ = s.ask(func() { s.clients-- }) }()

	_ = c.SetDeadline(time.Now().Add(firstMessage))
	var req api.Request
	files, err := c.Receive(&req)
	if err != nil {
		return
	}
	defer closeFiles(files)
	_ = c.SetDeadline(time.Time{})

	ctx, gone := context.WithCancelCause(ctx)
	defer gone(nil)
	more := make(chan api.Request)
	go listen(ctx, c, more, gone)
	s.answer(ctx, &request{Request: req, files: files, more: more, send: c.Send})
}

// listen hands on what the client says after its request, and notices that it
// has gone.
func listen(ctx context.Context, c *wire.Conn, more chan<- api.Request, gone context.CancelCauseFunc) {
	for {
		var req api.Request
		files, err := c.Receive(&req)
		closeFiles(files)
		if err != nil {
			gone(errClientGone)
			return
		}
		select {
		case more <- req:
		case <-ctx.Done():
			return
		}
	}
}

func closeFiles(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
