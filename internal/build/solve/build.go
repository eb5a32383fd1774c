package solve

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/image"
)

// solver is one build on its way.
type solver struct {
	*Request
	observer observer
	session  *image.Session
	imported imported // of Request.CacheFrom
	stages   []*flight
	// definitions are the keys by definition; nil if nobody asks for them.
	definitions definitions
	slots       chan struct{} // one for each step that the worker makes
	loads       map[string]*load

	worker func() (build.Worker, error)

	singleID bool // all files of a layer are root's: no other ids are there

	mu     sync.Mutex
	missed bool // not all came from the cache

	uncached sync.Once // says that the disk is full
}

// Build carries a request out. The error of a step that failed is an [*Error].
func Build(ctx context.Context, r Request) (res *Result, err error) {
	if len(r.Graph.Stages) == 0 {
		return nil, errors.New("there is no stage to build")
	}
	b := &solver{Request: &r, observer: observer{pass: r.Observe}, loads: map[string]*load{}, singleID: r.Store.Layers().OneID()}
	if r.Epoch == nil {
		r.Epoch = r.Graph.Epoch
	}
	if err := checkTags(r.Tags); err != nil {
		return nil, err
	}
	if err := b.allowed(); err != nil {
		return nil, err
	}
	b.slots = make(chan struct{}, parallel(r.Parallel))
	for name, c := range r.Contexts {
		b.loads[name] = &load{context: c}
	}
	if b.session, err = r.Store.Begin(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.session.Close()) }()
	if err := b.importCache(); err != nil {
		return nil, err
	}
	stop := b.oneWorker(ctx)
	err = b.runStages(ctx)
	if err == nil {
		res, err = b.finish(ctx)
	}
	// The layers that the worker made are the image's or the cache's by now.
	if stopErr := stop(); err == nil {
		err = stopErr
	}
	return res, err
}

// parallel: at least as many that one step may wait for the network while
// others compute.
func parallel(limit int) int {
	if limit > 0 {
		return limit
	}
	return max(4, runtime.NumCPU())
}

// oneWorker makes b.worker start the worker at its first call. It outlives what
// is cancelled: Close ends it.
func (b *solver) oneWorker(ctx context.Context) (stop func() error) {
	var started build.Worker
	b.worker = sync.OnceValues(func() (build.Worker, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		w, err := b.Worker(context.WithoutCancel(ctx))
		if err != nil {
			return nil, fmt.Errorf("start the worker: %w", err)
		}
		started = w
		return w, nil
	})
	return func() error {
		if started == nil {
			return nil
		}
		return started.Close()
	}
}

// runStages runs all stages at the same time: each waits for what it uses. The
// first failure, and no other, is returned.
func (b *solver) runStages(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for i := range b.Graph.Stages {
		b.stages = append(b.stages, &flight{b: b, n: i, st: &b.Graph.Stages[i], done: make(chan struct{}), foreseen: map[int]made{}})
	}
	if b.InlineCache || len(b.CacheFrom) > 0 {
		b.definitions = b.define(ctx)
	}
	if err := b.foresee(ctx); err != nil {
		return err
	}
	var all sync.WaitGroup
	for _, f := range slices.Clone(b.stages) {
		if f.spared {
			continue
		}
		all.Go(func() {
			if err := f.run(ctx); err != nil {
				cancel(err)
				return
			}
			close(f.done)
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// at waits for a stage. Stages stand after those that they use.
func (b *solver) at(ctx context.Context, n int) (*flight, error) {
	if n < 0 || n >= len(b.stages) {
		return nil, fmt.Errorf("there is no stage %d", n)
	}
	f := b.stages[n]
	select {
	case <-f.done:
		return f, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
