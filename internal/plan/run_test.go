package plan

import (
	"context"
	"errors"
	"sync"
	"testing"
)

var errTest = errors.New("test failure")

// TestRunCanceled: the end of the context is no failure, and its cause is kept.
func TestRunCanceled(t *testing.T) {
	why := errors.New("the user said so")
	ctx, cancel := context.WithCancelCause(t.Context())
	p := &Plan{Operations: []Operation{{ID: 1, Kind: Start}, {ID: 2, Kind: Start, After: []ID{1}}}}
	err := Run(ctx, p, func(ctx context.Context, op Operation) error {
		cancel(why)
		<-ctx.Done()
		return ctx.Err()
	}, 0)
	var re *RunError
	if !errors.As(err, &re) || !errors.Is(err, why) {
		t.Fatalf("error %v", err)
	}
	if len(re.Failed) != 0 || len(re.Canceled) != 1 || len(re.Skipped) != 1 {
		t.Errorf("%d failed, %d canceled, %d skipped", len(re.Failed), len(re.Canceled), len(re.Skipped))
	}
}

// TestRunFailureCancelsTheRest: what is under way is told to end.
func TestRunFailureCancelsTheRest(t *testing.T) {
	p := &Plan{Operations: []Operation{{ID: 1, Kind: Start, Object: "a"}, {ID: 2, Kind: Start, Object: "b"}}}
	err := Run(t.Context(), p, func(ctx context.Context, op Operation) error {
		if op.ID == 2 {
			return errTest
		}
		<-ctx.Done()
		return ctx.Err()
	}, 0)
	var re *RunError
	if !errors.As(err, &re) || len(re.Failed) != 1 || len(re.Canceled) != 1 {
		t.Fatalf("error %#v", err)
	}
	if got := err.Error(); got != "start b: test failure" {
		t.Errorf("message %q", got)
	}
}

// TestRunParallel: the bound is kept and used.
func TestRunParallel(t *testing.T) {
	p := &Plan{}
	for i := range 20 {
		p.Operations = append(p.Operations, Operation{ID: ID(i + 1), Kind: Start})
	}
	var mu sync.Mutex
	now, most := 0, 0
	full := make(chan struct{})
	err := Run(t.Context(), p, func(context.Context, Operation) error {
		mu.Lock()
		if now++; now > most {
			if most = now; most == 3 {
				close(full)
			}
		}
		mu.Unlock()
		<-full
		mu.Lock()
		now--
		mu.Unlock()
		return nil
	}, 3)
	if err != nil || most != 3 {
		t.Errorf("most %d at a time, error %v", most, err)
	}
}

func BenchmarkRun(b *testing.B) {
	p := &Plan{}
	for i := range 1000 {
		op := Operation{ID: ID(i + 1), Kind: Start}
		if i%10 > 0 {
			op.After = []ID{ID(i)}
		}
		p.Operations = append(p.Operations, op)
	}
	for b.Loop() {
		if err := Run(b.Context(), p, func(context.Context, Operation) error { return nil }, 0); err != nil {
			b.Fatal(err)
		}
	}
}
