package turns

import (
	"context"
	"sync"
	"testing"
	"time"
)

func TestTurns(t *testing.T) {
	var all Turns
	var busy, rounds int
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			done, err := all.Take(t.Context(), "a")
			if err != nil {
				t.Error(err)
				return
			}
			defer done()
			if busy++; busy != 1 {
				t.Error("two have the turn")
			}
			time.Sleep(time.Millisecond)
			busy--
			rounds++
		})
	}
	other, err := all.Take(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	wait.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := all.Take(ctx, "b"); err == nil {
		t.Error("the turn of b was given twice")
	}
	other()
	if len(all.of) != 0 || rounds != 20 {
		t.Errorf("%d turns are left, %d of 20 rounds", len(all.of), rounds)
	}
}
