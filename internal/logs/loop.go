package logs

import (
	"errors"
	"fmt"
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
			wait = int(m.patience() / time.Millisecond)
		}
		m.rest()
		began := time.Now()
		n, err := unix.EpollWait(m.epoll, events, wait)
		waited := time.Since(began)
		if err != nil && !errors.Is(err, unix.EINTR) {
			m.report(Event{Kind: Blocked, Dir: m.lock.Name(), Err: fmt.Errorf("wait for log pipes: %w", err)})
			return
		}
		for _, e := range events[:max(n, 0)] {
			if int(e.Fd) == m.wake {
				m.obey()
			} else if t := m.stream(int(e.Fd)); t != nil {
				m.move(t)
			}
		}
		m.pace.next(waited)
		if len(m.blocked) > 0 && time.Since(tried) >= m.patience() {
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
	m.space.closing.Wait()
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

// add is the way of a stream that replaces another, or has files.
func (m *Mover) add(t *stream) error {
	m.remove(func(o *stream) bool { return o.Dir == t.Dir && o.Name == t.Name })
	// On a full disk the first move tries again.
	if err := m.adopt(t); err != nil && !outOfSpace(err) {
		t.close()
		return err
	}
	done, err := m.register(t)
	if !done {
		t.close()
		err = fmt.Errorf("log %s/%s was added twice at the same time", t.Dir, t.Name)
	}
	if err != nil {
		return err
	}
	m.report(t.prune()...)
	return nil
}

func (m *Mover) remove(which func(*stream) bool) {
	m.mu.Lock()
	var found []*stream
	for fd, t := range m.streams {
		if which(t) {
			found = append(found, t)
			delete(m.streams, fd)
		}
	}
	m.mu.Unlock()
	for _, t := range found {
		m.unwatch(t)
		delete(m.blocked, t)
		m.satisfy(t, true)
		t.close()
	}
}

// move makes one move and deals with what came of it.
func (m *Mover) move(t *stream) {
	for {
		n, err := m.moveChunk(t)
		t.moved += uint64(n)
		m.pace.moved(t, n)
		switch {
		case err == nil:
			m.resume(t)
			m.found(t)
			m.satisfy(t, false)
			return
		case errors.Is(err, unix.EAGAIN):
			m.resume(t)
			m.satisfy(t, !t.copying.Load() || len(t.pending) == 0)
			return
		case errors.Is(err, errEnd):
			// The pipe would be readable for ever.
			t.ended = true
			m.resume(t)
			m.unwatch(t)
			m.satisfy(t, true)
			return
		}
		if outOfSpace(err) && m.space.returned() {
			continue
		}
		if t.NonBlocking && !t.droppable() && outOfSpace(err) && m.lose(t, err) {
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
	if err != errHeld {
		m.report(Event{Kind: Blocked, Dir: t.Dir, Name: t.Name, Err: err})
	}
}

func (m *Mover) resume(t *stream) {
	if t.blocked == nil {
		return
	}
	if err := m.watch(t.pipe); err != nil {
		return // no memory: still blocked, and tried again
	}
	held := t.blocked == errHeld
	t.blocked = nil
	delete(m.blocked, t)
	if !held {
		m.report(Event{Kind: Resumed, Dir: t.Dir, Name: t.Name})
	}
}

// patience is how long to wait before the blocked streams are tried again.
func (m *Mover) patience() time.Duration {
	for t := range m.blocked {
		if t.blocked == errHeld {
			return heldRetry
		}
	}
	return retryTime
}

func (m *Mover) retry() {
	for t := range m.blocked {
		m.move(t)
	}
}
