package logs

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"
)

// retryTime is how often a stream that cannot be written is tried again: the
// kernel has no event for space that returns. Nothing wakes us otherwise.
const retryTime = 200 * time.Millisecond

// run is the moving thread. Every stream gets one move in turn: a loud service
// delays another by one chunk per round.
func (m *Mover) run() {
	runtime.LockOSThread() // not unlocked: the thread ends with the goroutine
	debug.SetPanicOnFault(true)
	defer close(m.done)
	defer m.shut()
	events := make([]unix.EpollEvent, 64)
	tried := time.Now()
	for !m.stop {
		wait := -1
		if len(m.blocked) > 0 {
			wait = int(retryTime / time.Millisecond)
		}
		n, err := unix.EpollWait(m.epoll, events, wait)
		if err != nil && !errors.Is(err, unix.EINTR) {
			m.report(Event{Kind: Blocked, Dir: m.lock.Name(), Err: fmt.Errorf("wait for log pipes: %w", err)})
			return
		}
		for _, e := range events[:max(n, 0)] {
			if int(e.Fd) == m.wake {
				m.obey()
			} else if t := m.streams[int(e.Fd)]; t != nil {
				m.move(t)
			}
		}
		if len(m.blocked) > 0 && time.Since(tried) >= retryTime {
			m.retry()
			tried = time.Now()
		}
	}
}

// shut releases everything. A command that came too late gets ErrClosed.
func (m *Mover) shut() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.remove(func(*stream) bool { return true })
	m.release()
}

func (m *Mover) obey() {
	resetEvent(m.wake)
	m.mu.Lock()
	commands := m.commands
	m.commands = nil
	m.mu.Unlock()
	for _, f := range commands {
		f()
	}
}

func (m *Mover) watch(fd int) error {
	e := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	if err := unix.EpollCtl(m.epoll, unix.EPOLL_CTL_ADD, fd, &e); err != nil {
		return fmt.Errorf("watch a log pipe: %w", err)
	}
	return nil
}

func (m *Mover) unwatch(t *stream) {
	// It fails only when the pipe is not watched, which is what is wanted.
	_ = unix.EpollCtl(m.epoll, unix.EPOLL_CTL_DEL, t.pipe, nil)
}

func (m *Mover) add(s Stream) error {
	m.remove(func(t *stream) bool { return t.Dir == s.Dir && t.Name == s.Name })
	seq, err := lastInDir(s.Dir) // it need not lie below our root
	if err != nil {
		return err
	}
	m.seq = max(m.seq, seq)
	t, err := openStream(s, m.seq)
	if err != nil {
		return err
	}
	if m.options.NoSplice {
		_ = m.degrade(t, errors.New("switched off")) // EAGAIN: later
	}
	if err := m.watch(t.pipe); err != nil {
		t.close()
		return err
	}
	m.streams[t.pipe] = t
	m.report(t.prune()...)
	return nil
}

func (m *Mover) remove(which func(*stream) bool) {
	for fd, t := range m.streams {
		if which(t) {
			m.unwatch(t)
			delete(m.streams, fd)
			delete(m.blocked, t)
			m.satisfy(t, true)
			t.close()
		}
	}
}

// move makes one move and deals with what came of it.
func (m *Mover) move(t *stream) {
	for {
		n, err := m.moveChunk(t)
		t.moved += uint64(n)
		switch {
		case err == nil:
			m.resume(t)
			m.satisfy(t, false)
			return
		case errors.Is(err, unix.EAGAIN):
			m.resume(t)
			m.satisfy(t, !t.copying || len(t.pending) == 0)
			return
		case errors.Is(err, errEnd):
			// The pipe would be readable for ever.
			t.ended = true
			m.resume(t)
			m.unwatch(t)
			m.satisfy(t, true)
			return
		}
		if !t.droppable() || !outOfSpace(err) {
			m.block(t, err)
			return
		}
		m.report(t.removeOldest(Dropped))
	}
}

func outOfSpace(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

// block takes a stream out of epoll, which would report it without end, and
// leaves it to retry.
func (m *Mover) block(t *stream, err error) {
	if t.blocked != nil {
		return
	}
	t.blocked = err
	m.blocked[t] = true
	m.unwatch(t)
	m.report(Event{Kind: Blocked, Dir: t.Dir, Name: t.Name, Err: err})
}

func (m *Mover) resume(t *stream) {
	if t.blocked == nil {
		return
	}
	if err := m.watch(t.pipe); err != nil {
		return // no memory: still blocked, and tried again
	}
	t.blocked = nil
	delete(m.blocked, t)
	m.report(Event{Kind: Resumed, Dir: t.Dir, Name: t.Name})
}

func (m *Mover) retry() {
	for t := range m.blocked {
		m.move(t)
	}
}

// lastSequence is the highest sequence number below a project's data directory.
func lastSequence(root string) (uint64, error) {
	entries, err := os.ReadDir(root + "/c")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, fmt.Errorf("list containers: %w", err)
	}
	seq := uint64(0)
	for _, e := range entries {
		n, err := lastInDir(root + "/c/" + e.Name() + "/logs")
		if err != nil {
			return 0, err
		}
		seq = max(seq, n)
	}
	return seq, nil
}

// lastInDir is the highest sequence number of a log directory.
func lastInDir(dir string) (uint64, error) {
	streams, err := listFiles(dir)
	if err != nil {
		return 0, err
	}
	seq := uint64(0)
	for name, have := range streams {
		for _, n := range have.indexes {
			f, err := os.Open(dir + "/" + indexFile(name, n))
			if err != nil {
				return 0, fmt.Errorf("open log index: %w", err)
			}
			last, _ := (&indexReader{f: f}).last()
			f.Close()
			seq = max(seq, last.seq)
		}
	}
	return seq, nil
}
