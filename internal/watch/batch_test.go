package watch

import (
	"fmt"
	"testing"
	"time"
)

// When a batch is complete: times are milliseconds from its first path.
func TestBatchIsDue(t *testing.T) {
	type touch struct {
		at   int
		path string
	}
	row := func(n, every int) (list []touch) { // n different paths
		for i := range n {
			list = append(list, touch{i * every, fmt.Sprint(i)})
		}
		return list
	}
	same := func(n, every int) (list []touch) { // one path again and again
		for i := range n {
			list = append(list, touch{i * every, "log"})
		}
		return list
	}
	for name, c := range map[string]struct {
		touches []touch
		due     int
	}{
		"nothing":                         {nil, -1},
		"one":                             {row(1, 0), 50},
		"an editor":                       {[]touch{{0, "4913"}, {2, "a~"}, {3, "a"}, {9, "a"}, {9, "a"}}, 59},
		"each new one is waited for":      {row(10, 40), 9*40 + 50},
		"a checkout":                      {row(201, 5), 200*5 + 250},
		"written all the time":            {same(1000, 10), 1000},
		"written all the time, and a new": {append(same(50, 10), touch{490, "new"}, touch{1400, "log"}), 1450},
		"never quiet":                     {row(1000, 49), 10000},
	} {
		var b batch
		began := time.Now()
		for _, touch := range c.touches {
			b.add(touch.path, began.Add(time.Duration(touch.at)*time.Millisecond))
		}
		got := -1
		if due := b.due(); !due.IsZero() {
			got = int(due.Sub(began) / time.Millisecond)
		}
		if got != c.due {
			t.Errorf("%s: due after %d ms, want %d", name, got, c.due)
		}
		b.take()
		if len(b.paths) > 0 || !b.due().IsZero() {
			t.Errorf("%s: something is left after it was taken", name)
		}
	}
}

// FuzzBatch: whatever comes, nothing waits longer than the limit, nothing goes before it
// has been quiet unless it waited for long, and what was added is taken, once.
func FuzzBatch(f *testing.F) {
	f.Add([]byte{0, 0, 1, 1, 200, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		var b batch
		now := time.Now()
		first, last := now, now
		added := map[string]bool{}
		for i := 0; i+1 < len(data); i += 2 {
			now = now.Add(time.Duration(data[i]) * time.Millisecond)
			if due := b.due(); !due.IsZero() && !now.Before(due) {
				taken := b.take()
				if len(taken) != len(added) {
					t.Fatalf("took %d paths of %d", len(taken), len(added))
				}
				added = map[string]bool{}
			}
			path := fmt.Sprint(data[i+1])
			if len(added) == 0 {
				first = now
			}
			added[path], last = true, now
			b.add(path, now)
			due := b.due()
			if due.After(first.Add(limit)) {
				t.Fatalf("due %v after the first path", due.Sub(first))
			}
			if due.Before(last) && due.Before(first.Add(patience)) {
				t.Fatalf("due before the last path, after %v", due.Sub(first))
			}
		}
		if taken := b.take(); len(taken) != len(added) {
			t.Fatalf("took %d paths of %d", len(taken), len(added))
		}
	})
}
