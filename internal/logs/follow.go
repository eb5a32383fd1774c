package logs

import (
	"fmt"
	"math"
	"slices"
	"time"
)

func (f *Follower) add(s Source, q Query, begun chan struct{}) error {
	if slices.ContainsFunc(f.sources, func(t *source) bool { return t.Dir == s.Dir }) {
		if begun != nil {
			close(begun)
		}
		return nil
	}
	if s.Since.After(q.Since) {
		q.Since = s.Since
	}
	t := &source{Source: s, query: q, dirty: true, relist: true, ident: identify(s.Dir), begun: begun}
	t.resume = s.Resume
	if l := f.left[s.Dir]; l != nil && l.ident == t.ident {
		t.resume = l.resume
	}
	delete(f.left, s.Dir)
	f.printer.format.Width = max(f.printer.format.Width, displayWidth(t.shown()))
	t.finishing = !q.Follow || f.last
	if !q.Follow {
		// Nothing to wait for: inotify, which is limited, is not needed.
	} else if f.watcher == nil {
		w, err := newWatcher()
		if err != nil {
			if begun != nil {
				close(begun) // nothing will be printed
			}
			return err
		}
		f.watcher = w
	}
	f.sources = append(f.sources, t)
	if q.Follow {
		return f.watcher.add(t)
	}
	return nil
}

func displayWidth(s string) int { return len([]rune(s)) }

func (f *Follower) finish(dir string, done chan struct{}) {
	for _, s := range f.sources {
		if s.Dir != dir {
			continue
		}
		s.finished = append(s.finished, done)
		s.finishing, s.dirty, s.relist, s.target = true, true, true, nil
		return
	}
	close(done)
}

// drop ends the lines of a source and forgets it but for its positions.
func (f *Follower) drop(s *source) {
	s.resume = map[string]uint64{}
	for _, t := range s.streams {
		s.resume[t.name] = t.pos
	}
	s.close(&f.printer)
	if s.begun != nil {
		close(s.begun)
		s.begun = nil
	}
	if f.watcher != nil {
		f.watcher.remove(s)
	}
	if s.query.Follow {
		f.left[s.Dir] = s
	}
	f.sources = slices.DeleteFunc(f.sources, func(t *source) bool { return t == s })
	if len(s.finished) > 0 {
		f.printer.out.flush()
		f.printer.err.flush()
	}
	for _, done := range s.finished {
		close(done)
	}
}

// pass prints what is there and can be ordered; busy: call it again at once.
//
// The mover stores record n+1 after the bytes of record n have been moved. So
// when some record n is seen, all bytes with smaller numbers are in the files,
// and their inotify events are queued. First n is read, then events and sizes;
// chunks up to n are then complete in number and can be printed in order.
func (f *Follower) pass() (busy bool, err error) {
	if err := f.events(); err != nil {
		return false, err
	}
	seen := uint64(0)
	for _, s := range f.sources {
		if s.dirty {
			for _, t := range s.streams {
				seen = max(seen, t.newest())
			}
		}
	}
	if err := f.events(); err != nil {
		return false, err
	}
	for _, s := range f.sources {
		if !s.dirty {
			continue
		}
		if s.gone && len(s.streams) == 0 {
			// Nearer to it, or it is there. Watches are only added: the removal of
			// one is an event too, and would wake us without end.
			s.resume = nil
			if err := f.watcher.add(s); err != nil {
				return false, err
			}
		}
		if err := s.refresh(&f.printer); err != nil {
			return false, err
		}
		s.aim()
	}
	if f.stuck && seen == f.seen {
		seen = math.MaxUint64
	}
	printed, err := f.emit(seen)
	if err != nil {
		return false, err
	}
	busy, err = f.settle()
	// Two passes that see the same and print nothing: an index lies, its
	// numbers do not rise. Then the order is lost, but not the bytes.
	f.stuck, f.seen = busy && !printed, seen
	return busy, err
}

func (f *Follower) events() error {
	if f.watcher == nil {
		return nil
	}
	return f.watcher.read()
}

// settle finds out which sources have more to print, are complete, or lost
// their directory.
func (f *Follower) settle() (busy bool, err error) {
	for _, s := range slices.Clone(f.sources) {
		if u := s.query.Until; !u.IsZero() && !s.finishing && !time.Now().Before(u) {
			s.finishing, s.dirty, s.relist = true, true, true
			busy = true
			continue
		}
		if s.complete() {
			f.drop(s)
			continue
		}
		s.dirty = s.pending()
		if s.gone && !s.dirty && len(s.streams) > 0 {
			if err := f.reattach(s); err != nil {
				return false, err
			}
		}
		busy = busy || s.dirty
	}
	return busy, nil
}

// reattach waits for a directory that is not there, or no more the same.
func (f *Follower) reattach(s *source) error {
	s.close(&f.printer)
	s.resume, s.query.Tail, s.started = nil, -1, false
	f.watcher.remove(s)
	return f.watcher.add(s)
}

// emit prints chunks in the order of their sequence numbers, up to limit.
func (f *Follower) emit(limit uint64) (printed bool, err error) {
	for {
		var first *streamReader
		lowest, second := uint64(math.MaxUint64), uint64(math.MaxUint64)
		for _, s := range f.sources {
			for _, t := range s.streams {
				c, ok := t.peek()
				f.admit(t)
				if !ok || c.seq > limit {
					continue
				}
				if first == nil || c.seq < lowest {
					first, lowest, second = t, c.seq, lowest
				} else {
					second = min(second, c.seq)
				}
			}
		}
		if first == nil {
			return printed, nil
		}
		printed = true
		if err := f.run(first, min(second, limit)); err != nil {
			return printed, err
		}
	}
}

// run prints chunks of one stream as long as it is its turn.
func (f *Follower) run(t *streamReader, limit uint64) error {
	for {
		c, ok := t.peek()
		if !ok || c.seq > limit || t.skipped > 0 {
			return nil
		}
		b, err := t.read()
		if err != nil {
			return err
		}
		f.printer.feed(t, b, c)
		if err := f.printer.failed; err != nil {
			return err
		}
		if err := t.line.sink.err; err != nil {
			return fmt.Errorf("print logs: %w", err)
		}
	}
}

// admit says what rotation took away before it was printed.
func (f *Follower) admit(t *streamReader) {
	if t.skipped == 0 {
		return
	}
	f.printer.finish(t)
	f.printer.sayAbout(t, fmt.Sprintf("%d bytes skipped: rotation removed them before they were printed", t.skipped))
	t.skipped = 0
}
