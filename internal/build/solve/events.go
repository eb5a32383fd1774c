package solve

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// observer passes events on, one at a time.
type observer struct {
	mu   sync.Mutex
	pass func(build.Event)
}

func (o *observer) emit(e build.Event) {
	if o.pass == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pass(e)
}

// task is a line of the progress: a step, or something that belongs to none.
type task struct {
	observer *observer
	event    build.Event // what all its events have in common
	begun    time.Time
	tail     tail
}

func (o *observer) start(e build.Event) *task {
	t := &task{observer: o, event: e, begun: time.Now()}
	t.emit(build.Started, nil)
	return t
}

func (t *task) emit(kind build.EventKind, err error) {
	e := t.event
	e.Kind, e.Err = kind, err
	if kind != build.Started {
		e.Took = time.Since(t.begun)
	}
	t.observer.emit(e)
}

// Write is what the program of the step writes.
func (t *task) Write(p []byte) (int, error) {
	e := t.event
	e.Kind, e.Output = build.Output, bytes.Clone(p)
	t.observer.emit(e)
	t.tail.add(p)
	return len(p), nil
}

// end says how it went.
func (t *task) end(err error) {
	switch {
	case errors.Is(err, context.Canceled):
		t.emit(build.Canceled, nil)
	case err != nil:
		t.emit(build.Failed, err)
	default:
		t.emit(build.Done, nil)
	}
}

// Bounds of what an error repeats of the output.
const (
	tailLines = 20
	tailBytes = 16 << 10
)

// tail keeps the last lines.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

func (t *tail) add(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - 2*tailBytes; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := t.kept[max(0, len(t.kept)-tailBytes):]
	end := len(bytes.TrimRight(kept, "\n"))
	at := end
	for range tailLines {
		if at = bytes.LastIndexByte(kept[:at], '\n'); at < 0 {
			break
		}
	}
	return string(kept[at+1:])
}
