package plan

import (
	"context"
	"errors"
	"fmt"
)

// Failure is an operation that failed.
type Failure struct {
	Operation Operation
	Err       error
}

// RunError says how far a run came. It unwraps to the first failure, or to
// the cause of the cancellation when nothing failed.
type RunError struct {
	Failed   []Failure   // in the order of events; the first made the run end
	Canceled []Operation // under way when the run ended, and given up
	Skipped  []Operation // never begun
	Cause    error       // why the context ended, nil if the run ended by itself
}

func (e *RunError) Error() string {
	if len(e.Failed) == 0 {
		return fmt.Sprintf("interrupted with %d operations to go: %v", len(e.Canceled)+len(e.Skipped), e.Cause)
	}
	f := e.Failed[0]
	return fmt.Sprintf("%s %s: %v", f.Operation.Kind, f.Operation.Object, f.Err)
}

// Unwrap is the error of the first failure, or the cause of the cancellation.
func (e *RunError) Unwrap() error {
	if len(e.Failed) > 0 {
		return e.Failed[0].Err
	}
	return e.Cause
}

// Run executes a plan: each operation as soon as all that it comes after have
// succeeded, at most parallel at a time (0 = no bound), the lowest numbers
// first. It decides nothing.
//
// The first failure, or the end of ctx, cancels the context of what is under
// way, and nothing more is begun. Run returns when nothing is under way. An
// operation that then returns context.Canceled counts as canceled, not as
// failed. The failure of an optional operation is not one: exec tells the user
// about it. The error is a *RunError.
func Run(ctx context.Context, p *Plan, exec func(context.Context, Operation) error, parallel int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &run{plan: p, graph: newGraph(p), results: make(chan result)}
	if parallel <= 0 {
		parallel = len(p.Operations)
	}
	for {
		for r.err == nil && ctx.Err() == nil && r.running < parallel {
			n, ok := r.graph.next()
			if !ok {
				break
			}
			r.begin(ctx, n, exec)
		}
		if r.running == 0 {
			return r.finish(ctx)
		}
		if r.settle(ctx, <-r.results) {
			cancel()
		}
	}
}

type result struct {
	n   int
	err error
}

// run is one run under way; only the goroutine of Run touches it.
type run struct {
	plan    *Plan
	graph   *graph
	results chan result
	running int
	done    int
	err     *RunError
}

func (r *run) begin(ctx context.Context, n int, exec func(context.Context, Operation) error) {
	r.running++
	op := r.plan.Operations[n]
	go func() { r.results <- result{n, exec(ctx, op)} }()
}

// settle takes note of a result and reports whether the run has to end.
func (r *run) settle(ctx context.Context, res result) (end bool) {
	r.running--
	op := r.plan.Operations[res.n]
	switch {
	case res.err == nil, op.Optional && ctx.Err() == nil:
		r.done++
		r.graph.release(res.n)
		return false
	case r.err == nil && ctx.Err() == nil:
		r.err = &RunError{Failed: []Failure{{op, res.err}}}
		return true
	}
	if r.err == nil {
		r.err = &RunError{}
	}
	if ctx.Err() != nil && errors.Is(res.err, context.Canceled) || op.Optional {
		r.err.Canceled = append(r.err.Canceled, op)
	} else {
		r.err.Failed = append(r.err.Failed, Failure{op, res.err})
	}
	return false
}

func (r *run) finish(ctx context.Context) error {
	if r.err == nil && r.done == len(r.plan.Operations) {
		return nil
	}
	if r.err == nil {
		r.err = &RunError{}
	}
	if len(r.err.Failed) == 0 {
		r.err.Cause = context.Cause(ctx)
		if r.err.Cause == nil {
			r.err.Cause = errors.New("the plan is not a valid order: an operation comes after itself")
		}
	}
	r.err.Skipped = r.graph.unbegun(r.plan)
	return r.err
}
