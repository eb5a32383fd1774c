package logs

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	small := &stream{small: 1000}
	for _, c := range []struct {
		name   string
		bytes  int
		waited time.Duration
		tired  bool
	}{
		{"small and soon", 100, soonTime / 2, true},
		{"small, after a wait", 100, 2 * soonTime, false},
		{"large", 1001, soonTime / 2, false},
		{"commands only", 0, soonTime / 2, false},
	} {
		var p pace
		for i := range 2 * restAfter {
			if p.tired() != (c.tired && i >= restAfter) {
				t.Errorf("%s: tired is %v after %d rounds", c.name, p.tired(), i)
			}
			p.moved(small, c.bytes)
			p.next(c.waited)
		}
		p.moved(small, 100)
		if p.next(time.Second); p.tired() {
			t.Errorf("%s: still tired after a second without work", c.name)
		}
	}
}
