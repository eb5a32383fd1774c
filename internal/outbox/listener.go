package outbox

import (
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// listenerLimit bounds what waits for one slow listener; beyond it the listener
// is cut off, because a gap in the events would be worse than their end.
const listenerLimit = 16384

// Listener receives events for one client.
type Listener struct {
	services map[string]bool // nil = all
	wake     chan struct{}   // one token: something is queued, or it is over
	mu       sync.Mutex      // guards the rest
	queued   []api.Event
	over     bool
}

// NewListener is told of the events of services, all if none is named.
func NewListener(services []string) *Listener {
	l := &Listener{wake: make(chan struct{}, 1)}
	if len(services) > 0 {
		l.services = map[string]bool{}
		for _, s := range services {
			l.services[s] = true
		}
	}
	return l
}

// Put adds an event, and returns at once.
func (l *Listener) Put(e api.Event) {
	if !l.wants(&e) {
		return
	}
	l.mu.Lock()
	if len(l.queued) < listenerLimit {
		l.queued = append(l.queued, e)
	} else {
		l.over = true
	}
	l.mu.Unlock()
	l.signal()
}

// wants reports an event that the listener is about. What run made is told to
// those only who name it, as docker compose has it.
func (l *Listener) wants(e *api.Event) bool {
	if e.OneOff {
		return l.services[e.Name]
	}
	return l.services == nil || l.services[e.Service]
}

// End says that nothing will follow.
func (l *Listener) End() {
	l.mu.Lock()
	l.over = true
	l.mu.Unlock()
	l.signal()
}

func (l *Listener) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Take returns what is queued, and whether nothing will follow.
func (l *Listener) Take() ([]api.Event, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.queued
	l.queued = nil
	return e, l.over
}

// Wake gets a token when there is something to take.
func (l *Listener) Wake() <-chan struct{} { return l.wake }
