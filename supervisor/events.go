package supervisor

import (
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// listenerLimit bounds what waits for one slow listener; beyond it the listener
// is cut off, because a gap in the events would be worse than their end.
const listenerLimit = 16384

// listener receives events without ever making the loop wait.
type listener struct {
	services map[string]bool // nil = all
	wake     chan struct{}   // one token: something is queued, or it is over
	mu       sync.Mutex      // guards the rest
	queued   []api.Event
	over     bool
}

func newListener(services []string) *listener {
	l := &listener{wake: make(chan struct{}, 1)}
	if len(services) > 0 {
		l.services = map[string]bool{}
		for _, s := range services {
			l.services[s] = true
		}
	}
	return l
}

func (l *listener) put(e api.Event) {
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
func (l *listener) wants(e *api.Event) bool {
	if e.OneOff {
		return l.services[e.Name]
	}
	return l.services == nil || l.services[e.Service]
}

func (l *listener) end() {
	l.mu.Lock()
	l.over = true
	l.mu.Unlock()
	l.signal()
}

func (l *listener) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// take returns what is queued, and whether nothing will follow.
func (l *listener) take() ([]api.Event, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.queued
	l.queued = nil
	return e, l.over
}

// why is the reason in words.
func (r *Replica) why() string {
	if r.Detail != "" {
		return r.Reason.String() + ": " + r.Detail
	}
	return r.Reason.String()
}
