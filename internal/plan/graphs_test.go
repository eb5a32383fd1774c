package plan

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// graphs is how many random graphs are run: MOCKER_TEST_GRAPHS; a million take half a
// minute.
func graphs(t *testing.T) int {
	text := os.Getenv("MOCKER_TEST_GRAPHS")
	if text == "" {
		if testing.Short() {
			return 10_000
		}
		return 50_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("MOCKER_TEST_GRAPHS: %v", err)
	}
	return n
}

// anyGraph is a graph of up to 24 operations; those with a higher number come after
// some with a lower one.
func anyGraph(r *rand.Rand) *Plan {
	p := &Plan{}
	density := r.IntN(5)
	for i := range 1 + r.IntN(24) {
		op := Operation{ID: ID(i + 1), Kind: Start, Optional: r.IntN(8) == 0}
		for j := range i {
			if r.IntN(6) < density && r.IntN(i) < 3 {
				op.After = append(op.After, ID(j+1))
			}
		}
		p.Operations = append(p.Operations, op)
	}
	return p
}

// Operations of random graphs fail at random, at random times, with and without a bound
// on how many run at once, and now and then the whole run is cancelled: no operation ever
// begins before all that it comes after have succeeded, none begins twice, and the
// error accounts for every one.
func TestNothingAfterAFailedPrerequisite(t *testing.T) {
	total := graphs(t)
	const workers = 4
	var begun, failures atomic.Int64
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 11))
			for range total / workers {
				b, f := runRandom(t, r)
				begun.Add(int64(b))
				failures.Add(int64(f))
				if t.Failed() {
					return
				}
			}
		})
	}
	group.Wait()
	if failures.Load() == 0 || begun.Load() == 0 {
		t.Error("nothing failed: this proves nothing")
	}
	t.Logf("%d graphs, %d operations begun, %d failed", total, begun.Load(), failures.Load())
}

const (
	untouched int32 = iota
	running
	succeeded
	failed
)

var errAtRandom = errors.New("at random")

// runRandom runs one graph and checks it.
func runRandom(t *testing.T, r *rand.Rand) (begun, failures int) {
	p := anyGraph(r)
	fails := make([]bool, len(p.Operations))
	for i := range fails {
		fails[i] = r.IntN(10) == 0
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cancelAt := -1
	if r.IntN(10) == 0 {
		cancelAt = r.IntN(len(p.Operations))
	}
	state := make([]atomic.Int32, len(p.Operations))
	err := Run(ctx, p, func(ctx context.Context, op Operation) error {
		n := int(op.ID) - 1
		if !state[n].CompareAndSwap(untouched, running) {
			t.Errorf("%d is begun twice", op.ID)
		}
		for _, a := range op.After {
			done := state[a-1].Load()
			if done != succeeded && !(p.Operations[a-1].Optional && done == failed) {
				t.Errorf("%d begins, and %d before it is in state %d", op.ID, a, done)
			}
		}
		if n == cancelAt {
			cancel()
		}
		if fails[n] {
			state[n].Store(failed)
			return errAtRandom
		}
		state[n].Store(succeeded)
		return nil
	}, r.IntN(5))
	count, hard := map[int32]int{}, 0
	for i := range state {
		count[state[i].Load()]++
		if state[i].Load() == failed && !p.Operations[i].Optional {
			hard++
		}
	}
	if cancelAt < 0 || state[cancelAt].Load() == untouched {
		exact(t, p, err, hard)
	}
	accounted(t, p, err, count)
	return len(p.Operations) - count[untouched], count[failed]
}

// exact checks that the error names each failure, where nobody cancelled the run.
func exact(t *testing.T, p *Plan, err error, hard int) {
	var stopped *RunError
	switch ended := errors.As(err, &stopped); {
	case hard == 0 && err != nil, hard > 0 && !ended:
		t.Errorf("%d failures, error %v\n%s", hard, err, p)
	case hard > 0 && (len(stopped.Failed) != hard || !errors.Is(err, errAtRandom)):
		t.Errorf("%d failures, error %v\n%s", hard, err, p)
	}
}

// accounted checks that the result of a run tells of every operation.
func accounted(t *testing.T, p *Plan, err error, count map[int32]int) {
	var stopped *RunError
	if !errors.As(err, &stopped) {
		if err != nil || count[untouched] > 0 {
			t.Errorf("error %v, and %d were not begun", err, count[untouched])
		}
		return
	}
	if len(stopped.Skipped) != count[untouched] {
		t.Errorf("%d skipped, and %d not begun\n%s", len(stopped.Skipped), count[untouched], p)
	}
	if len(stopped.Failed)+len(stopped.Canceled) > count[failed]+count[succeeded] {
		t.Errorf("%d failed and %d cancelled of %d begun", len(stopped.Failed), len(stopped.Canceled), count[failed]+count[succeeded])
	}
}
