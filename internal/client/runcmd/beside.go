package runcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
	"github.com/mocker-compose/mocker-compose/internal/client/screen"
	"github.com/mocker-compose/mocker-compose/internal/client/tty"
	"github.com/mocker-compose/mocker-compose/internal/logs"
)

// errDetached: the user has left a container that goes on.
var errDetached = errors.New("read escape sequence")

// beside is a client beside one container: run's or attach's. Its output is read
// from its log, so no supervisor and no other client is in the way of a byte,
// and rotation waits for us; its input is fed by us directly.
type beside struct {
	env      *client.Env
	project  string
	req      api.Request
	query    logs.Query // where its log begins for us
	input    bool
	keys     []byte
	file     *os.File // what the container reads, sent with the request until it runs; nil = none
	feed     *os.File // our end of it
	signals  *forwarder
	prog     *client.Progress
	redraw   bool
	patience reach.Patience
	proxy    func(tty bool) bool // whether signals go to the container once it runs; else they end us

	out     *screen.Screen
	lost    chan error     // why the output was not shown to its end, nil if it was; once
	shown   *api.Container // nil until it runs
	dir     string         // of its log
	console *tty.Console
	ended   bool
	code    int
	once    sync.Once
	left    chan struct{} // closed when the user has detached
}

// follow asks until the container has ended or the user has left it. A
// supervisor that dies meanwhile does not matter: the next one is asked.
func (b *beside) follow(ctx context.Context) (err error) {
	defer b.close()
	defer func() {
		if b.out == nil {
			return
		}
		b.out.FinishAll()
		if lost := <-b.lost; lost != nil && err == nil {
			err = &client.ExitError{Code: 1} // it was said
		}
	}()
	ctx, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	b.patience.Lasting = true
	b.left = make(chan struct{})
	go func() {
		select {
		case <-b.left:
			leave(errDetached)
		case <-ctx.Done():
		}
	}()
	for {
		b.patience.Begin(b.req.Op)
		err := b.ask(ctx)
		switch {
		case errors.Is(context.Cause(ctx), errDetached):
			return errDetached
		case errors.Is(err, reach.ErrNotRunning) && b.shown != nil:
			return b.buried(ctx)
		case !errors.Is(err, reach.ErrBroken) || ctx.Err() != nil:
			return b.result(err)
		}
		if err := b.patience.Again(ctx, b.env.Supervisors(), b.project); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// result is how we end: as the container did.
func (b *beside) result(err error) error {
	if !b.ended {
		return err
	}
	if b.code != 0 {
		return &client.ExitError{Code: b.code}
	}
	return nil
}

// buried is the end when the project has gone: its record tells the code.
func (b *beside) buried(ctx context.Context) error {
	if b.ended {
		return b.result(nil)
	}
	rec, err := b.env.Recorded(ctx, b.project)
	if err != nil {
		return err
	}
	b.drain()
	if rec != nil {
		for _, c := range rec.Containers {
			if c.ID == b.shown.ID && c.State == "exited" {
				return &client.ExitError{Code: c.ExitCode, Err: fmt.Errorf("container %s: %s", c.Name, c.Reason)}
			}
			if c.ID == b.shown.ID { // its start was not on record yet
				return &client.ExitError{Code: 128 + 9, Err: fmt.Errorf("container %s: %s", c.Name, client.HolderEnded)}
			}
		}
	}
	return fmt.Errorf("container %s was removed, and the project with it", b.shown.Name)
}

// ask is one request to one supervisor.
func (b *beside) ask(ctx context.Context) error {
	how := reach.Starting
	if b.shown != nil || b.req.Op == api.OpAttach {
		how = reach.Asking
	}
	c, err := b.env.Supervisors().Connect(ctx, b.project, how)
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	var files []*os.File
	if b.file != nil {
		files = append(files, b.file)
	}
	if err := c.Send(b.req, files...); err != nil {
		return reach.Broken(ctx, err)
	}
	for {
		var a api.Answer
		got, err := c.Receive(&a)
		if err != nil {
			return reach.Broken(ctx, err)
		}
		if err := b.answer(&a, got); err != nil {
			return err
		}
		switch {
		case a.Error != nil:
			return client.Remote(a.Error)
		case a.Done:
			return nil
		case a.Exit != nil && b.req.Op == api.OpRun:
			// The log is ours to the end: now it may go.
			if err := c.Send(api.Request{Op: b.req.Op}); err != nil {
				return reach.Broken(ctx, err)
			}
		}
	}
}

func (b *beside) answer(a *api.Answer, files []*os.File) error {
	b.patience.Heard(a)
	if a.Started != nil {
		return b.begin(a.Started, files)
	}
	for _, f := range files {
		f.Close()
	}
	if a.Exit != nil && !b.ended {
		b.ended, b.code = true, a.Exit.Code
		b.drain()
	}
	return b.prog.Answer(a)
}

// drain prints the log to its end.
func (b *beside) drain() {
	if b.out != nil {
		<-b.out.Finish(b.dir)
	}
}

// begin joins the container when it runs. Told again, by another supervisor, it
// only closes what came along.
func (b *beside) begin(s *api.Started, files []*os.File) (err error) {
	if b.shown != nil || s.Container == nil {
		for _, f := range files {
			f.Close()
		}
		return nil
	}
	if s.Held && len(files) > 0 {
		defer files[0].Close() // by then we hold what there is ourselves
		files = files[1:]
	}
	b.env.Settle()
	b.prog.Lines = true
	b.shown = s.Container
	b.resume()
	if b.file != nil {
		b.file.Close() // the container has it: we must see when it is closed there
		b.file = nil
	}
	if b.proxy(s.TTY) {
		b.signals.to(s.Container.ID)
	}
	if len(files) > 0 && !s.TTY {
		b.feed = files[0]
	} else if len(files) > 0 {
		if b.console, err = tty.OpenConsole(b.env.Stdin, b.env.Stdout, files[0], b.input); err != nil {
			return err
		}
	}
	b.dir = b.env.Dirs.LogDir(b.project, s.Container.Name)
	if b.out, err = screen.Open(context.Background(), b.env.Stdout, b.env.Stderr, logs.Format{Raw: true}); err != nil {
		return err
	}
	b.lost = make(chan error, 1)
	go b.tellLost()
	// What our input causes comes after where we begin to show.
	<-b.out.AddNow(logs.Source{Container: s.Container.Name, Service: s.Container.Service, Dir: b.dir, Hold: true}, b.query)
	b.startInput()
	return nil
}

// tellLost says why the output is not shown any more when that happens: its container
// goes on, and may do so for long.
func (b *beside) tellLost() {
	<-b.out.Ended()
	err := b.out.Close()
	if err != nil {
		fmt.Fprintln(b.env.Stderr, "output is not shown any more:", cause.Line(err))
	}
	b.lost <- err
}

// startInput begins to feed the container.
func (b *beside) startInput() {
	if b.console != nil {
		if b.redraw {
			b.console.Redraw()
		}
		go func() {
			<-b.console.Detached()
			b.once.Do(func() { close(b.left) })
		}()
	}
	switch {
	case !b.input && b.feed != nil:
		b.feed.Close()
	case b.console != nil && b.input:
		b.console.Start(b.keys)
	case b.feed != nil:
		go pour(b.feed, b.env.Stdin)
	}
}

// resume makes the next request, if there has to be one, go on with this container.
func (b *beside) resume() {
	if b.req.Run != nil {
		again := *b.req.Run
		again.Resume = true
		b.req.Run = &again
	}
	if b.req.Attach != nil {
		b.req.Attach = &api.AttachRequest{ID: b.shown.ID}
	}
}

func (b *beside) close() {
	b.console.Close()
	b.signals.stop()
}
