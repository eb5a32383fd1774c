package dns

import "sync"

const (
	maxForwards = 1024 // questions under way to the outside, in all
	maxOfOne    = 64   // of one asker
	alwaysOfOne = 4    // of one asker, however many others have
)

// bounds counts the questions under way to the outside. Each has a goroutine and
// a socket on the host, so there is an end to them; and an asker that asks too
// much must not take the others' turn.
type bounds struct {
	mu    sync.Mutex
	total int
	of    map[string]int
}

// enter is false when the asker may not ask now. Else leave must follow.
func (b *bounds) enter(asker string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.of[asker]
	if n >= maxOfOne || n >= alwaysOfOne && b.total >= maxForwards {
		return false
	}
	if b.of == nil {
		b.of = map[string]int{}
	}
	b.total++
	b.of[asker]++
	return true
}

func (b *bounds) leave(asker string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total--
	if b.of[asker]--; b.of[asker] == 0 {
		delete(b.of, asker)
	}
}
