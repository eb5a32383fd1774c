package registry

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// minimum is how many bytes have to come in the time of a stall.
const minimum = 1024

// watch cuts a connection that says nothing, or next to nothing. Only time that
// is spent waiting for the other side counts.
type watch struct {
	host   string
	stall  time.Duration
	cancel context.CancelCauseFunc
	got    atomic.Int64

	mu      sync.Mutex
	timer   *time.Timer
	waiting bool
	ended   bool
	stalled bool
}

func watched(ctx context.Context, stall time.Duration, host string) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{host: host, stall: stall, cancel: cancel}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(stall, w.look)
	return ctx, w
}

func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	if w.got.Swap(0) < minimum && w.waiting {
		w.stalled = true
		w.cancel(&StallError{w.host, w.stall})
		return
	}
	w.timer.Reset(w.stall)
}

func (w *watch) wait(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = on
}

// end releases the request's context.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.ended = true
		w.timer.Stop()
		w.cancel(nil)
	}
}

// reason is why a request failed: what comes of a cancelled one says nothing.
func (w *watch) reason(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil && w.stalled {
		return &StallError{w.host, w.stall}
	}
	return err
}

// StallError is a host that accepted a connection and then said nothing.
type StallError struct {
	Host string
	For  time.Duration
}

func (e *StallError) Error() string {
	return fmt.Sprintf("%s has sent nothing for %s", e.Host, e.For)
}
