// Package outbox sends answers and events in order without making the sender wait.
package outbox

import (
	"os"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// Box is a queue of answers to one client. A client that is suspended must not keep its request from going on, or others from having
// their turn. What waits is bounded by the size of the project: a few lines for
// each container.
type Box struct {
	send func(v any, files ...*os.File) error
	mu   sync.Mutex // guards the rest
	todo []api.Answer
	busy bool           // a goroutine is sending
	idle sync.WaitGroup // of that goroutine
}

// New makes an empty box; send is called by one goroutine at a time.
func New(send func(v any, files ...*os.File) error) *Box { return &Box{send: send} }

// Put adds an answer, and returns at once.
func (o *Box) Put(a api.Answer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.todo = append(o.todo, a)
	if !o.busy {
		o.busy = true
		o.idle.Go(o.drain)
	}
}

// drain sends until nothing is left. A client that has gone is noticed by who
// reads from it; here its answers are dropped.
func (o *Box) drain() {
	for {
		o.mu.Lock()
		if len(o.todo) == 0 {
			o.busy = false
			o.mu.Unlock()
			return
		}
		a := o.todo[0]
		o.todo = o.todo[1:]
		o.mu.Unlock()
		_ = o.send(a)
	}
}

// Flush returns when everything that was put has been sent.
func (o *Box) Flush() { o.idle.Wait() }
