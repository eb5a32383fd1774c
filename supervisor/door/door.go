// Package door lets clients in: one connection, one request, and what the client
// says later. It knows the words of package api and not what they mean. A request
// whose client has gone is cancelled with ErrClientGone; whoever carries it out
// decides whether that ends it.
package door

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// firstMessage is how long a client may take to say what it wants.
const firstMessage = 30 * time.Second

// ErrClientGone cancels what only its client wanted.
var ErrClientGone = errors.New("the client has gone")

// Accept serves each connection of l in a goroutine of its own until l is closed.
// The group is done when the last of them has ended.
func Accept(l *wire.Listener, serve func(*wire.Conn)) *sync.WaitGroup {
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { serve(c) })
		}
	})
	return &conns
}

// Serve has the one request of a connection carried out. The connection is closed
// when ctx ends.
func Serve(ctx context.Context, c *wire.Conn, answer func(context.Context, *Request)) {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	_ = c.SetDeadline(time.Now().Add(firstMessage))
	var req api.Request
	files, err := c.Receive(&req)
	if err != nil {
		return
	}
	_ = c.SetDeadline(time.Time{})
	ctx, gone := context.WithCancelCause(ctx)
	defer gone(nil)
	more := make(chan api.Request)
	go listen(ctx, c, more, gone)
	r := &Request{Request: req, Files: files, More: more, Send: c.Send}
	defer r.CloseFiles()
	answer(ctx, r)
}

// listen hands on what the client says after its request, and notices that it
// has gone.
func listen(ctx context.Context, c *wire.Conn, more chan<- api.Request, gone context.CancelCauseFunc) {
	for {
		var req api.Request
		files, err := c.Receive(&req)
		CloseFiles(files)
		if err != nil {
			gone(ErrClientGone)
			return
		}
		select {
		case more <- req:
		case <-ctx.Done():
			return
		}
	}
}
