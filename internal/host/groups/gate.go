package groups

import (
	"context"
	"sync"
)

// gate lets many be born in a group at the same time, or one change the group.
type gate struct {
	turn chan struct{} // one token: who has it lets in

	mu     sync.Mutex
	births int
	empty  chan struct{} // closed with the last birth; nil: nobody waits for that
}

func newGate() *gate {
	g := &gate{turn: make(chan struct{}, 1)}
	g.turn <- struct{}{}
	return g
}

// enter begins a birth.
func (g *gate) enter(ctx context.Context) error {
	select {
	case <-g.turn:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	g.mu.Lock()
	g.births++
	g.mu.Unlock()
	g.turn <- struct{}{}
	return nil
}

// leave ends a birth.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.births--; g.births == 0 && g.empty != nil {
		close(g.empty)
		g.empty = nil
	}
}

// shut returns when no birth is under way; none begins until open is called.
func (g *gate) shut(ctx context.Context) (open func(), err error) {
	select {
	case <-g.turn:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	open = func() { g.turn <- struct{}{} }
	g.mu.Lock()
	if g.births == 0 {
		g.mu.Unlock()
		return open, nil
	}
	empty := make(chan struct{})
	g.empty = empty
	g.mu.Unlock()
	select {
	case <-empty:
		return open, nil
	case <-ctx.Done():
		open()
		return nil, context.Cause(ctx)
	}
}
