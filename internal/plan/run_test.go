package plan

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
)

// randomPlan is a random graph of up to 12 operations.
func randomPlan(r *rand.Rand) *Plan {
	p := &Plan{}
	for i := range 1 + r.IntN(12) {
		op := Operation{ID: ID(i + 1), Kind: Start, Optional: r.IntN(8) == 0}
		for j := range i {
			if r.IntN(4) == 0 {
				op.After = append(op.After, ID(j+1))
			}
		}
		p.Operations = append(p.Operations, op)
	}
	return p
}

var errTest = errors.New("test failure")

// record is what a run did, under a lock.
type record struct {
	sync.Mutex
	begun, ended, failed map[ID]bool
	wrong                []ID
}

func (rec *record) begin(op Operation, p *Plan) {
	rec.Lock()
	defer rec.Unlock()
	rec.begun[op.ID] = true
	for _, id := range op.After {
		if !rec.ended[id] || rec.failed[id] && !p.Operations[id-1].Optional {
			rec.wrong = append(rec.wrong, op.ID)
		}
	}
}

func (rec *record) end(op Operation, err error) {
	rec.Lock()
	defer rec.Unlock()
	rec.ended[op.ID] = true
	rec.failed[op.ID] = err != nil
}

// TestRunReleasesOnlyOnSuccess: in 100,000 random graphs with random failures
// no operation begins before all its prerequisites have succeeded.
func TestRunReleasesOnlyOnSuccess(t *testing.T) {
	runs := 100_000
	if testing.Short() {
		runs = 10_000
	}
	r := rand.New(rand.NewPCG(1, 2))
	for n := range runs {
		p := randomPlan(r)
		bad := map[ID]bool{}
		for _, op := range p.Operations {
			bad[op.ID] = r.IntN(6) == 0
		}
		rec := &record{begun: map[ID]bool{}, ended: map[ID]bool{}, failed: map[ID]bool{}}
		err := Run(t.Context(), p, func(ctx context.Context, op Operation) (err error) {
			rec.begin(op, p)
			defer func() { rec.end(op, err) }()
			if bad[op.ID] {
				return errTest
			}
			return nil
		}, r.IntN(4))
		checkRun(t, n, p, rec, err)
		if t.Failed() {
			return
		}
	}
}

func checkRun(t *testing.T, n int, p *Plan, rec *record, err error) {
	t.Helper()
	if len(rec.wrong) > 0 {
		t.Fatalf("run %d: %v began after a prerequisite that had not succeeded:\n%s", n, rec.wrong, p)
	}
	hard := 0
	for id, failed := range rec.failed {
		if failed && !p.Operations[id-1].Optional {
			hard++
		}
	}
	if hard == 0 {
		if err != nil || len(rec.begun) != len(p.Operations) {
			t.Fatalf("run %d: %d of %d operations, error %v", n, len(rec.begun), len(p.Operations), err)
		}
		return
	}
	var re *RunError
	if !errors.As(err, &re) || !errors.Is(err, errTest) || len(re.Failed) != hard {
		t.Fatalf("run %d: %d failures, error %v", n, hard, err)
	}
	if len(re.Skipped) != len(p.Operations)-len(rec.begun) {
		t.Fatalf("run %d: %d skipped, %d of %d begun", n, len(re.Skipped), len(rec.begun), len(p.Operations))
	}
}

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
