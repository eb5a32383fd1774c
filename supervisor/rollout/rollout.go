package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	// Discard stops and removes the one of a name, unless it has the id.
	Discard(ctx context.Context, name, unless string) error
	// Again is one as it will come back, with an id of its own: under its name, or, unless
	// number is 0, as that replica of its service. Nothing is done.
	Again(was *record.Replica, number int) record.Replica
	// BringBack makes what Again has returned, unless it is there, and starts it.
	BringBack(ctx context.Context, was *record.Replica) error
}

// Rollout is how far the replacement of one service's containers has come.
type Rollout struct {
	keep   func(record.Rollout) error
	mu     sync.Mutex     // guards the rest
	kept   record.Rollout // what keep has been given
	fresh  []string       // of what was made, the ones that have not settled
	failed []error
	told   int // of those, how many have been told
}

// New goes on with what is on record of a rollout, of which only the hash may be known.
// keep puts what becomes of it on record. What was made before is watched once more: nobody
// knows any more how it went.
func New(kept record.Rollout, keep func(record.Rollout) error) *Rollout {
	return &Rollout{kept: kept, keep: keep, fresh: slices.Clone(kept.Made)}
}

// Going notes a container that is about to give way.
func (r *Rollout) Going(was *record.Replica) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if was == nil || slices.ContainsFunc(r.kept.Was, func(c record.Replica) bool { return c.ID == was.ID }) {
		return nil
	}
	r.kept.Was = append(slices.Clip(r.kept.Was), *was)
	return r.keep(r.kept)
}

// Coming notes a container that is about to be made.
func (r *Rollout) Coming(name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.Contains(r.kept.Made, name) {
		return nil
	}
	r.kept.Made = append(slices.Clip(r.kept.Made), name)
	return r.keep(r.kept)
}

// Started takes note of a start that ended with err. One that failed is no failure of the
// plan: its group decides.
func (r *Rollout) Started(name string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.failed = append(r.failed, err)
		return
	}
	if !slices.Contains(r.fresh, name) {
		r.fresh = append(r.fresh, name)
	}
}

// Settle watches the group that was just started, and returns when the next one may be
// begun, or why not.
func (r *Rollout) Settle(ctx context.Context, p waits.Project, crew Crew, say *door.Request, svc *project.Service, op plan.Operation) error {
	u := svc.Update
	if u == nil {
		return nil
	}
	if err := r.watch(ctx, p, svc.Name, u.Monitor); err != nil {
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
func (r *Rollout) watch(ctx context.Context, p waits.Project, service string, watched time.Duration) error {
	there, err := p.Replicas([]string{service})
	if err != nil {
		return err
	}
	r.mu.Lock()
	fresh := r.fresh
	r.fresh = nil
	r.mu.Unlock()
	var group sync.WaitGroup
	for i := range there {
		name := there[i].Name
		if !slices.Contains(fresh, name) {
			continue
		}
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

// Unsettled reports that something was started of which it is not known yet how it goes.
func (r *Rollout) Unsettled() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.fresh) > 0 || len(r.failed) > r.told
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
