package logs

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Follower prints sources that come and go. Its methods may be called from any
// goroutine; nothing is printed but by Run.
type Follower struct {
	printer printer
	wake    int // eventfd: there are commands

	mu       sync.Mutex
	commands []func() error
	closed   bool

	// Only Run uses what follows.
	watcher *watcher // nil until something is to be followed
	sources []*source
	ending  bool               // Run returns when no source is left
	last    bool               // FinishAll was called: a source added now is finished too
	seen    uint64             // by the last pass
	stuck   bool               // it printed nothing, though there is something
	left    map[string]*source // finished ones by directory, to go on with
}

// NewFollower makes a follower; Run must be called, and releases it.
func NewFollower(out, errOut io.Writer, f Format) (*Follower, error) {
	wake, err := newEvent()
	if err != nil {
		return nil, err
	}
	o, e := newSinks(out, errOut)
	return &Follower{printer: printer{format: f, out: o, err: e}, wake: wake, left: map[string]*source{}}, nil
}

// Add begins to print a source, where q says. A directory that was printed
// before goes on where that ended, if it is still the same one. Adding one that
// is being printed does nothing.
func (f *Follower) Add(s Source, q Query) {
	f.do(func() error { return f.add(s, q, nil) })
}

// AddNow is Add for one that has just begun to be of interest: the channel is
// closed when it is fixed where printing begins, so that what is caused after
// that is printed. It is closed too when Run has ended.
func (f *Follower) AddNow(s Source, q Query) <-chan struct{} {
	begun := make(chan struct{})
	if !f.do(func() error { return f.add(s, q, begun) }) {
		close(begun)
	}
	return begun
}

// Finish says that a container has ended and was drained: its directory is
// printed to the present end and then dropped. The channel is closed when that
// is done, also when the directory is not known or Run has ended.
func (f *Follower) Finish(dir string) <-chan struct{} {
	done := make(chan struct{})
	if !f.do(func() error { f.finish(dir, done); return nil }) {
		close(done)
	}
	return done
}

// Remove drops a source at once, with what is not printed yet.
func (f *Follower) Remove(dir string) {
	f.do(func() error {
		for _, s := range f.sources {
			if s.Dir == dir {
				f.drop(s)
				break
			}
		}
		return nil
	})
}

// Say prints a line of the caller's between lines of the sources.
func (f *Follower) Say(text string) {
	f.do(func() error { f.printer.say(f.printer.out, text); return nil })
}

// FinishAll finishes every source; then Run returns nil.
func (f *Follower) FinishAll() {
	f.do(func() error {
		f.ending, f.last = true, true
		for _, s := range f.sources {
			s.finishing, s.dirty, s.relist = true, true, true
		}
		return nil
	})
}

// Run prints until FinishAll is done (nil), ctx ends (its error), or an output
// cannot be written. It returns with whole lines printed.
func (f *Follower) Run(ctx context.Context) error {
	defer f.release()
	stop := context.AfterFunc(ctx, func() { f.do(func() error { return nil }) })
	defer stop()
	for {
		if err := f.obey(); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return f.end(err)
		}
		busy, err := f.pass()
		if err != nil {
			return err
		}
		if f.ending && len(f.sources) == 0 {
			return f.end(nil)
		}
		if busy {
			continue
		}
		if err := f.flush(); err != nil {
			return err
		}
		if err := f.watcher.wait(f.wake, f.untilEnd()); err != nil {
			return err
		}
	}
}

// do queues a command, false if nobody will execute it.
func (f *Follower) do(command func() error) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.commands = append(f.commands, command)
	raiseEvent(f.wake)
	return true
}

func (f *Follower) obey() error {
	resetEvent(f.wake)
	f.mu.Lock()
	commands := f.commands
	f.commands = nil
	f.mu.Unlock()
	for n, c := range commands {
		if err := c(); err != nil {
			f.mu.Lock()
			f.commands = append(commands[n+1:], f.commands...) // release answers them
			f.mu.Unlock()
			return err
		}
	}
	return nil
}

func (f *Follower) flush() error {
	for _, k := range []*sink{f.printer.out, f.printer.err} {
		if k.flush(); k.err != nil {
			return fmt.Errorf("print logs: %w", k.err)
		}
	}
	return nil
}

// end ends all lines.
func (f *Follower) end(err error) error {
	for len(f.sources) > 0 {
		f.drop(f.sources[0])
	}
	if e := f.flush(); e != nil && err == nil {
		err = e
	}
	return err
}

// untilEnd is the time left to the first Until of a followed source, 0 if none
// has one.
func (f *Follower) untilEnd() time.Duration {
	var left time.Duration
	for _, s := range f.sources {
		if s.query.Until.IsZero() || s.finishing {
			continue
		}
		d := max(time.Until(s.query.Until), time.Millisecond)
		if left == 0 || d < left {
			left = d
		}
	}
	return left
}

// release closes what is left after any end of Run.
func (f *Follower) release() {
	f.mu.Lock()
	f.closed = true
	commands := f.commands
	f.commands = nil
	_ = unix.Close(f.wake)
	f.mu.Unlock()
	for _, c := range commands {
		_ = c() // so that a Finish that came too late is answered
	}
	for len(f.sources) > 0 {
		f.drop(f.sources[0])
	}
	if f.watcher != nil {
		_ = unix.Close(f.watcher.fd)
	}
}
