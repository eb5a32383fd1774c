package worker

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// client is a worker that runs.
type client struct {
	conn *wire.Conn
	end  chan struct{} // closed when the process has ended
	said *tail         // what it wrote on standard error: nothing, unless it crashed
	err  error         // why it could not be run; read after end

	mu      sync.Mutex
	seq     int
	waiting map[int]chan Answer
	gone    chan struct{} // closed when nothing more is received
}

var (
	_ build.Worker   = (*client)(nil)
	_ build.Digester = (*client)(nil)
)

// Start starts a worker. It ends when ctx is done, when it is closed, or with
// this process, however that ends. report gets what the user should know once, a
// line each, from this package's goroutines.
func Start(ctx context.Context, dirs state.Dirs, report func(string)) (build.Worker, error) {
	ours, theirs, err := pair()
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, errors.Join(err, ours.Close(), theirs.Close())
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, ours.Close(), theirs.Close(), null.Close())
	}
	c := &client{conn: ours, end: make(chan struct{}), said: &tail{}, waiting: map[int]chan Answer{}, gone: make(chan struct{})}
	go func() { _, _ = io.Copy(c.said, r); r.Close() }()
	go func() {
		defer close(c.end)
		args := []string{Role, dirs.Run, dirs.Data, os.Getenv(delegate.HandOver)}
		_, c.err = rootless.RunRoleInside(ctx, dirs, args, [3]*os.File{theirs, null, w}, false, report)
		for _, f := range []*os.File{theirs, null, w} {
			f.Close()
		}
	}()
	if err := c.hello(ctx, report); err != nil {
		c.conn.Close()
		<-c.end
		return nil, c.explain(err)
	}
	go c.receive(report)
	return c, nil
}

// pair makes the socket; theirs is for the worker.
func pair() (*wire.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("start the build worker: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "worker"), os.NewFile(uintptr(fds[1]), "worker")
	defer ours.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	uc, ok := conn.(*net.UnixConn)
	if !ok {
		theirs.Close()
		return nil, nil, errors.New("start the build worker: no unix socket")
	}
	return wire.NewConn(uc), theirs, nil
}

// hello waits for the first answer, which says that the worker is ready or why not.
func (c *client) hello(ctx context.Context, report func(string)) error {
	defer context.AfterFunc(ctx, func() { c.conn.Close() })()
	for {
		var a Answer
		_, err := c.conn.Receive(&a)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return errGone
		case a.Notice == "":
			return a.err()
		}
		report(a.Notice)
	}
}

var errGone = errors.New("the build worker has ended")

// explain adds to the end of the connection why the process has ended.
func (c *client) explain(err error) error {
	var said *FailedError
	if errors.As(err, &said) {
		return err
	}
	if c.err != nil || !errors.Is(err, errGone) {
		return cmp.Or(c.err, err)
	}
	if text := strings.TrimSpace(c.said.String()); text != "" {
		return fmt.Errorf("%w: %s", errGone, text)
	}
	return errGone
}

// receive hands answers to who waits for them.
func (c *client) receive(report func(string)) {
	defer close(c.gone)
	for {
		var a Answer
		if _, err := c.conn.Receive(&a); err != nil {
			return
		}
		if a.Notice != "" {
			report(a.Notice)
			continue
		}
		c.mu.Lock()
		ch := c.waiting[a.ID]
		delete(c.waiting, a.ID)
		c.mu.Unlock()
		if ch != nil {
			ch <- a
		}
	}
}

// call sends a job and waits for its answer. When ctx is done the job is
// cancelled, and its answer, which comes soon, is waited for all the same: then
// nothing of it runs any more.
func (c *client) call(ctx context.Context, req *Request, files ...*os.File) (Answer, error) {
	ch := make(chan Answer, 1)
	c.mu.Lock()
	c.seq++
	req.ID = c.seq
	c.waiting[req.ID] = ch
	c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return Answer{}, context.Cause(ctx)
	}
	if err := c.conn.Send(req, files...); err != nil {
		return Answer{}, c.lost(err)
	}
	runtime.KeepAlive(files)
	stop := context.AfterFunc(ctx, func() { _ = c.conn.Send(Request{ID: req.ID, Op: OpCancel}) })
	defer stop()
	select {
	case a := <-ch:
		if ctx.Err() != nil {
			return a, context.Cause(ctx)
		}
		return a, a.err()
	case <-c.gone:
		if ctx.Err() != nil {
			return Answer{}, context.Cause(ctx)
		}
		return Answer{}, c.lost(errGone)
	}
}

// lost waits for the reason of an end.
func (c *client) lost(err error) error {
	select {
	case <-c.end:
		return c.explain(err)
	case <-time.After(closeLimit):
		return err
	}
}

// closeLimit bounds how long a worker may take to remove what it has.
const closeLimit = 10 * time.Second

// Close implements [build.Worker].
func (c *client) Close() error {
	_ = c.conn.Send(Request{Op: OpEnd}) // in vain if it has ended
	select {
	case <-c.end:
	case <-time.After(closeLimit):
	}
	return c.conn.Close()
}

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailSize = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - tailSize; over > 0 {
		t.b = bytes.Clone(t.b[over:])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}
