// Package session is a watch that may be begun and ended several times while an `up` is
// in the foreground: by --watch, by a key, by the end of the up.
//
// # Invariants
//
//   - What has been opened is closed, whether it ran or not.
//   - Stop returns when what was under way has ended.
package session

import (
	"context"
	"sync"
)

// Watching is develop.watch at work on a project.
type Watching interface {
	// Run does what is due until ctx ends. ready is called when initial_sync is done.
	Run(ctx context.Context, ready func())
	// Close releases what opening has taken; Run has ended.
	Close()
}

// Watcher begins and ends a Watching. A nil one never does.
type Watcher struct {
	// Open makes the next Watching.
	Open func(context.Context) (Watching, error)

	mu         sync.Mutex
	say, print func(string)
	w          Watching // read, but not running
	end        func()   // of the running one
	ended      chan struct{}
}

func (w *Watcher) speaker(output bool) func(string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if output {
		return w.print
	}
	return w.say
}

// Running reports that one has begun, and was not ended.
func (w *Watcher) Running() bool {
	if w == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.end != nil
}

// Speak says what happens by say from now on, and what commands print by print.
func (w *Watcher) Speak(say, print func(string)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.say, w.print = say, print
}

// Say tells a line of what happens.
func (w *Watcher) Say(line string) { w.speaker(false)(line) }

// Print shows a line that a command has printed.
func (w *Watcher) Print(line string) { w.speaker(true)(line) }

// Prepare opens a Watching, which the next Start takes: what changes from now on is noticed.
func (w *Watcher) Prepare(ctx context.Context) (err error) {
	w.w, err = w.Open(ctx)
	return err
}

// Start begins to watch.
func (w *Watcher) Start(ctx context.Context) error {
	w.mu.Lock()
	next := w.w
	w.w = nil
	w.mu.Unlock()
	if next == nil {
		var err error
		if next, err = w.Open(ctx); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	w.mu.Lock()
	before := w.ended
	w.end, w.ended = cancel, ended
	w.mu.Unlock()
	go func() {
		defer close(ended)
		if before != nil {
			<-before
		}
		next.Run(ctx, func() { w.speaker(false)("Watch enabled") })
		next.Close()
	}()
	return nil
}

// Cancel ends the watch without waiting.
func (w *Watcher) Cancel() {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.end != nil {
		w.end()
		w.end = nil
	}
}

// Stop ends the watch, and waits until what was under way has ended.
func (w *Watcher) Stop() {
	if w == nil {
		return
	}
	w.Cancel()
	w.mu.Lock()
	ended := w.ended
	w.mu.Unlock()
	if ended != nil {
		<-ended
	}
}

// Close releases a watch that has not begun.
func (w *Watcher) Close() {
	if w != nil && w.w != nil {
		w.w.Close()
		w.w = nil
	}
}
