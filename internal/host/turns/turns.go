// Package turns lets one at a time work on a container that does not run: a copy must
// not mount its writable layer while a start does the same.
package turns

import (
	"context"
	"fmt"
	"sync"

	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Turns are those at all containers of a project. The zero value is ready.
type Turns struct {
	mu sync.Mutex
	of map[string]*turn
}

type turn struct {
	token chan struct{} // full = somebody has it
	users int
}

// Take waits for the turn at a container; done gives it back.
func (t *Turns) Take(ctx context.Context, name string) (done func(), err error) {
	t.mu.Lock()
	if t.of == nil {
		t.of = make(map[string]*turn)
	}
	own := t.of[name]
	if own == nil {
		own = &turn{token: make(chan struct{}, 1)}
		t.of[name] = own
	}
	own.users++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if own.users--; own.users == 0 {
			delete(t.of, name)
		}
	}
	select {
	case own.token <- struct{}{}:
		return func() { <-own.token; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, &kernel.StartError{Stage: "wait", Object: name, Err: fmt.Errorf("files are being copied from or to it: %w", context.Cause(ctx))}
	}
}
