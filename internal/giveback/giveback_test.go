package giveback

import (
	"testing"
	"time"
)

// One collection for a burst, and another for the next.
func TestSoon(t *testing.T) {
	freed := make(chan struct{}, 10)
	free = func() { freed <- struct{}{} }
	for range 2 {
		for range 50 {
			Soon()
		}
		select {
		case <-freed:
		case <-time.After(20 * time.Second):
			t.Fatal("nothing is given back")
		}
	}
	if len(freed) > 0 {
		t.Error("given back more than once for a burst")
	}
}
