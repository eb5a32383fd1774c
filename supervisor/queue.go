package supervisor

import (
	"context"
	"slices"
	"sync"
)

// queue lets one request at a time change the project, in the order of their
// arrival. A stop cancels what it contradicts, instead of waiting for it.
type queue struct {
	mu      sync.Mutex // guards the rest
	tickets []*ticket  // the first one has its turn
	closed  bool
}

// ticket is one request's place.
type ticket struct {
	services []string // nil = all
	yields   bool     // a stop of one of its services cancels it
	cancel   context.CancelCauseFunc
	turn     chan struct{} // closed when it is the first
}

func newQueue() *queue { return &queue{} }

// enter waits for the request's turn. The context that it returns is cancelled,
// with a cause, when ctx is or when a stop overtakes the request; leave must be
// called in the end.
func (q *queue) enter(ctx context.Context, services []string, yields bool) (context.Context, *ticket, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	t := &ticket{services: services, yields: yields, cancel: cancel, turn: make(chan struct{})}
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		cancel(nil)
		return nil, nil, errStopped
	}
	q.tickets = append(q.tickets, t)
	if len(q.tickets) == 1 {
		close(t.turn)
	}
	q.mu.Unlock()
	select {
	case <-t.turn:
		return ctx, t, nil
	case <-ctx.Done():
		q.leave(t)
		return nil, nil, context.Cause(ctx)
	}
}

// leave gives the turn to the next. It may be called twice.
func (q *queue) leave(t *ticket) {
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

// supersede cancels all requests that would start one of the services (nil =
// all), whether they wait or are being carried out.
func (q *queue) supersede(services []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, t := range q.tickets {
		if t.yields && overlap(t.services, services) {
			t.cancel(errSuperseded)
		}
	}
}

func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.tickets) == 0
}

// closeIfLast refuses all further requests, provided that only t is there.
func (q *queue) closeIfLast(t *ticket) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = len(q.tickets) == 1 && q.tickets[0] == t
	return q.closed
}

// ended reports that no further requests are taken.
func (q *queue) ended() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// reopen takes closeIfLast back.
func (q *queue) reopen() {
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
