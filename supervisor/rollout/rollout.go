package rollout

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/waits"
)

// Crew does what has to be done to containers.
type Crew interface {
	// Discard stops and removes one.
	Discard(ctx context.Context, name string) error
	// BringBack makes one again as it was, and starts it: under its name, or, unless
	// number is 0, as that replica of its service. It returns the name.
	BringBack(ctx context.Context, was *record.Replica, number int) (name string, err error)
}

// Rollout is how far the replacement of one service's containers has come.
type Rollout struct {
	mu     sync.Mutex       // guards the rest
	was    []record.Replica // those that are gone
	made   []string         // their successors
	fresh  []string         // of those, the ones that have not settled
	failed []error
	told   int // of those, how many have been told
}

// Note takes note of an operation that ended with err; was is what it removed. A start
// that failed is no failure of the plan: its group decides.
func (r *Rollout) Note(op plan.Operation, was *record.Replica, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case op.Kind == plan.Remove && err == nil && was != nil:
		r.was = append(r.was, *was)
	case op.Kind == plan.Create:
		r.made = append(r.made, op.Object)
	case op.Kind == plan.Start && err != nil:
		r.failed = append(r.failed, err)
		return nil
	case op.Kind == plan.Start:
		r.fresh = append(r.fresh, op.Object)
	}
	return err
}

// Settle watches the group that was just started, and returns when the next one may be
// begun, or why not.
func (r *Rollout) Settle(ctx context.Context, p waits.Project, crew Crew, say *door.Request, svc *project.Service, op plan.Operation) error {
	u := svc.Update
	if u == nil {
		return nil
	}
	if err := r.watch(ctx, p, u.Monitor); err != nil {
		return err
	}
	if failed := r.news(); failed != nil {
		err := fmt.Errorf("update of service %q: %w", svc.Name, failed)
		if ends(u, len(r.failed), svc.Scale) {
			return r.end(ctx, p, crew, say, svc, op, err)
		}
		say.Warn("Service", svc.Name, err.Error()+"; it goes on")
	}
	if op.Number == op.Of {
		return nil
	}
	return pause(ctx, u.Delay)
}

// ends reports that so many failures among the replicas are what failure_action is for.
func ends(u *project.Update, failures, replicas int) bool {
	return u.OnFailure != project.UpdateContinue && float64(failures)/float64(max(1, replicas)) > u.MaxFailureRatio
}

// pause waits for d.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// watch waits for the containers of the group.
func (r *Rollout) watch(ctx context.Context, p waits.Project, watched time.Duration) error {
	r.mu.Lock()
	fresh := r.fresh
	r.fresh = nil
	r.mu.Unlock()
	var group sync.WaitGroup
	for _, name := range fresh {
		group.Go(func() {
			if err := waits.Settled(ctx, p, name, watched); err != nil {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.failed = append(r.failed, err)
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

// news are the failures that have not been told, nil if there are none.
func (r *Rollout) news() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.failed[r.told:]
	r.told = len(r.failed)
	return errors.Join(list...)
}

// end is failure_action: the rest stays as it is, or all is again as it was.
func (r *Rollout) end(ctx context.Context, p waits.Project, crew Crew, say *door.Request, svc *project.Service, op plan.Operation, err error) error {
	if svc.Update.OnFailure == project.UpdateRollback {
		return r.rollBack(ctx, p, crew, say, svc, err)
	}
	hint := fmt.Sprintf("see: mocker-compose logs %s; then run up again: %d of %d groups are replaced, the others are as they were", svc.Name, op.Number, op.Of)
	return door.WithHint(hint, fmt.Errorf("%w; it is paused", err))
}
