package supervisor

import (
	"os"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// outbox sends answers in order without making the sender wait: a client that
// is suspended must not keep its request from going on, or others from having
// their turn. What waits is bounded by the size of the project: a few lines for
// each container.
type outbox struct {
	send func(v any, files ...*os.File) error
	mu   sync.Mutex // guards the rest
	todo []api.Answer
	busy bool           // a goroutine is sending
	idle sync.WaitGroup // of that goroutine
}

func (o *outbox) put(a api.Answer) {
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
func (o *outbox) drain() {
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

// flush returns when everything that was put has been sent.
func (o *outbox) flush() { o.idle.Wait() }
