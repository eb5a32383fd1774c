package turns

import (
	"context"
	"errors"
	"slices"
	"sync"
)

var (
	// ErrSuperseded is the cause of a request that a stop has overtaken.
	ErrSuperseded = errors.New("cancelled: a later command stopped it")
	// ErrClosed is returned when the project has ended.
	ErrClosed = errors.New("the project has ended")
)

// Queue lets one request at a time change the project, in the order of their
// arrival. A stop cancels what it contradicts, instead of waiting for it.
type Queue struct {
	mu      sync.Mutex // guards the rest
	tickets []*Ticket  // the first one has its turn
	closed  bool
}

// Ticket is one request's place.
type Ticket struct {
	services []string // nil = all
	yields   bool     // a stop of one of its services cancels it
	cancel   context.CancelCauseFunc
	turn     chan struct{} // closed when it is the first
}

// New makes an empty queue.
func New() *Queue { return &Queue{} }

// Enter waits for the request's turn. The context that it returns is cancelled,
// with a cause, when ctx is or when a stop overtakes the request; Leave must be
// called in the end. waits, unless it is nil, is called when others come first.
func (q *Queue) Enter(ctx context.Context, services []string, yields bool, waits func()) (context.Context, *Ticket, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	t := &Ticket{services: services, yields: yields, cancel: cancel, turn: make(chan struct{})}
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		cancel(nil)
		return nil, nil, ErrClosed
	}
	q.tickets = append(q.tickets, t)
	first := len(q.tickets) == 1
	if first {
		close(t.turn)
	}
	q.mu.Unlock()
	if !first && waits != nil {
		waits()
	}
	select {
	case <-t.turn:
		if q.Closed() {
			q.Leave(t)
			return nil, nil, ErrClosed
		}
		return ctx, t, nil
	case <-ctx.Done():
		q.Leave(t)
		return nil, nil, context.Cause(ctx)
	}
}

// Leave gives the turn to the next. It may be called twice.
func (q *Queue) Leave(t *Ticket) {
	t.cancel(nil)
	q.mu.Lock()
	defer q.mu.Unlock()
	n := slices.Index(q.tickets, t)
	if n < 0 {
		return
	}
	q.tickets = slices.Delete(q.tickets, n, n+1)
	if n == 0 && len(q.tickets) > 0 {
		close(q.tickets[0].turn)
	}
}

// Supersede cancels all requests that would start one of the services (nil =
// all), whether they wait or are being carried out.
func (q *Queue) Supersede(services []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, t := range q.tickets {
		if t.yields && overlap(t.services, services) {
			t.cancel(ErrSuperseded)
		}
	}
}

// Empty reports that nobody has or waits for a turn.
func (q *Queue) Empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.tickets) == 0
}

// CloseIfLast refuses all further requests, those that wait included, provided that
// none of these would start anything.
func (q *Queue) CloseIfLast(t *Ticket) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.tickets) == 0 || q.tickets[0] != t || slices.ContainsFunc(q.tickets[1:], func(t *Ticket) bool { return t.yields }) {
		return false
	}
	q.closed = true
	for _, waits := range q.tickets[1:] {
		waits.cancel(ErrClosed)
	}
	return true
}

// Closed reports that no further requests are taken.
func (q *Queue) Closed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// Reopen takes CloseIfLast back.
func (q *Queue) Reopen() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = false
}

func overlap(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return true
	}
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
