package logs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// ErrClosed is returned by the methods of a closed Mover.
var ErrClosed = errors.New("the log mover is closed")

// MoverOptions are the choices of a Mover.
type MoverOptions struct {
	// Report is told what happens to streams; nil: nobody is. It is called on
	// the moving thread and must not wait nor call the Mover.
	Report func(Event)

	// NoSplice takes the way through memory from the start. For tests.
	NoSplice bool
}

// Mover moves bytes from pipes into files, on one thread of its own.
type Mover struct {
	options MoverOptions
	lock    *os.File // the root directory, flock(2)ed: one mover
	epoll   int
	wake    int // eventfd: there are commands

	mu       sync.Mutex
	commands []func()
	streams  map[int]*stream // by their pipe
	closed   bool
	done     chan struct{}

	// Only the thread uses what follows.
	seq     uint64 // the last one given
	blocked map[*stream]bool
	drains  []*drain
	pace    pace
	space   space
	buffer  []byte
	null    *os.File // /dev/null, once it was needed
	stop    bool
}

// OpenMover starts the mover of a project. root is the project's data
// directory, whose log directories are c/*/logs. Only one process may move at a
// time; a second gets an error, so the death of an earlier supervisor must have
// been waited for. Sequence numbers go on where the indexes end.
func OpenMover(root string, options MoverOptions) (_ *Mover, err error) {
	m := &Mover{
		options: options, epoll: -1, wake: -1,
		done:    make(chan struct{}),
		streams: map[int]*stream{}, blocked: map[*stream]bool{},
	}
	defer func() {
		if err != nil {
			m.release()
		}
	}()
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("make project directory: %w", err)
	}
	if m.lock, err = lockDir(root); err != nil {
		return nil, err
	}
	if m.seq, err = lastSequence(root); err != nil {
		return nil, err
	}
	if m.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("make epoll for logs: %w", err)
	}
	if m.wake, err = newEvent(); err != nil {
		return nil, err
	}
	if err := m.watch(m.wake); err != nil {
		return nil, err
	}
	go m.run()
	return m, nil
}

func lockDir(root string) (*os.File, error) {
	f, err := os.Open(root)
	if err != nil {
		return nil, fmt.Errorf("open project directory: %w", err)
	}
	err = restart(func() error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) })
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, fmt.Errorf("another process moves the logs below %s: end its supervisor first (fuser %s)", root, root)
	}
	return nil, fmt.Errorf("lock %s: %w", root, err)
}

// Add begins to move a stream, after what its files already hold. A stream of
// the same directory and name is replaced.
func (m *Mover) Add(s Stream) error {
	t, err := openStream(s)
	if err != nil {
		return err
	}
	t.space = &m.space
	// Most often there is nothing yet to go on with, and no need of the thread.
	if t.fresh = !exists(t.Dir); t.fresh {
		if done, err := m.register(t); done {
			return err
		}
	}
	if e := m.do(func() { err = m.add(t) }); e != nil {
		t.close() // the thread has ended
		return e
	}
	return err
}

// register begins to watch a stream; not done: there is one of its name.
func (m *Mover) register(t *stream) (done bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range m.streams {
		if o.Dir == t.Dir && o.Name == t.Name {
			return false, nil
		}
	}
	if err = ErrClosed; !m.closed {
		err = m.watch(t.pipe)
	}
	if err != nil {
		t.close()
		return true, err
	}
	m.streams[t.pipe] = t
	return true, nil
}

func (m *Mover) stream(pipe int) *stream {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.streams[pipe]
}

// Bound gives the streams of a directory other bounds, at once: what is too much by
// them is removed. A directory without streams is none of ours.
func (m *Mover) Bound(dir string, b Bounds) error {
	return m.do(func() {
		m.mu.Lock()
		var all []*stream
		for _, t := range m.streams {
			if t.Dir == dir {
				all = append(all, t)
			}
		}
		m.mu.Unlock()
		for _, t := range all {
			t.Bounds = b.complete()
			m.report(t.prune()...)
		}
	})
}

// Remove ends the streams of a directory: nothing more is moved, pipes and
// files are closed. The files stay. Idempotent.
func (m *Mover) Remove(dir string) {
	// Closed: then nothing of it is left.
	_ = m.do(func() { m.remove(func(t *stream) bool { return t.Dir == dir }) })
}

// Drain waits until every byte that was in the pipes of dir when it was called
// is in the files; for a full disk too, so give ctx a limit.
func (m *Mover) Drain(ctx context.Context, dir string) error {
	if m.empty(dir) {
		return nil
	}
	var d *drain
	if err := m.do(func() { d = m.drain(dir) }); err != nil {
		return err
	}
	select {
	case <-d.done:
		return nil
	case <-m.done:
		return ErrClosed
	case <-ctx.Done():
		_ = m.do(func() { m.forget(d) })
		return fmt.Errorf("drain the logs in %s: %w", dir, ctx.Err())
	}
}

// Close ends the moving. What is in the pipes stays there for the next mover.
func (m *Mover) Close() error {
	_ = m.do(func() { m.stop = true }) // ErrClosed: somebody else did
	<-m.done
	return nil
}

// do runs f on the moving thread and waits for it.
func (m *Mover) do(f func()) error {
	ran := make(chan struct{})
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return ErrClosed
	}
	m.commands = append(m.commands, func() { f(); close(ran) })
	raiseEvent(m.wake)
	m.mu.Unlock()
	select {
	case <-ran:
		return nil
	case <-m.done:
		return ErrClosed
	}
}

func (m *Mover) release() {
	if m.epoll >= 0 {
		_ = unix.Close(m.epoll)
	}
	if m.wake >= 0 {
		_ = unix.Close(m.wake)
	}
	for _, f := range []*os.File{m.lock, m.null} {
		if f != nil {
			_ = f.Close()
		}
	}
}

func (m *Mover) report(events ...Event) {
	if m.options.Report == nil {
		return
	}
	for _, e := range events {
		m.options.Report(e)
	}
}
