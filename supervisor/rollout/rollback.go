package rollout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/waits"
)

// swap is one replacement that is to be undone.
type swap struct {
	made string          // what took the place; "" = it was not made
	was  *record.Replica // what gave way; nil = it is still there
}

// number orders replacements as the update had them.
func (s swap) number() int {
	if s.was == nil {
		return math.MaxInt
	}
	return s.was.Number
}

// swaps are the replacements, the last first: those of which nothing has gone yet, then by
// number. Which successor of another number has taken whose place makes no difference: all
// of them go.
func (r *Rollout) swaps() (all []swap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := slices.Clone(r.was)
	take := func(name string) *record.Replica {
		n := slices.IndexFunc(was, func(c record.Replica) bool { return c.Name == name })
		if n < 0 {
			return nil
		}
		c := was[n]
		was = slices.Delete(was, n, n+1)
		return &c
	}
	for _, name := range r.made {
		all = append(all, swap{made: name, was: take(name)})
	}
	for i := range all {
		if all[i].was == nil && len(was) > 0 {
			all[i].was = take(was[0].Name)
		}
	}
	for i := range was { // gone, and their successors could not be made
		all = append(all, swap{was: &was[i]})
	}
	slices.SortStableFunc(all, func(a, b swap) int { return cmp.Compare(b.number(), a.number()) })
	return all
}

// rollback undoes replacements.
type rollback struct {
	p        waits.Project
	crew     Crew
	say      *door.Request
	svc      *project.Service
	config   *project.Update
	next     int // the number of the next container that cannot have its own
	failures int
}

// rollBack brings back what was replaced, after an update that failed with err.
func (r *Rollout) rollBack(ctx context.Context, p waits.Project, crew Crew, say *door.Request, svc *project.Service, err error) error {
	b := &rollback{p: p, crew: crew, say: say, svc: svc, config: svc.Rollback}
	if b.config == nil {
		b.config = &project.Update{Parallelism: 1}
	}
	all := r.swaps()
	if err := b.count(all); err != nil {
		return err
	}
	size := b.config.Parallelism
	if size <= 0 {
		size = max(1, len(all))
	}
	groups := slices.Collect(slices.Chunk(all, size))
	for i, group := range groups {
		failed := b.group(ctx, group)
		if failed == nil && i+1 < len(groups) {
			failed = pause(ctx, b.config.Delay)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if failed != nil {
			hint := fmt.Sprintf("see: mocker-compose logs %s; then run up again: %d of %d groups have come back", svc.Name, i, len(groups))
			return door.WithHint(hint, errors.Join(err, failed))
		}
	}
	text := "it was rolled back"
	if b.failures > 0 {
		text = fmt.Sprintf("it was rolled back, with %d failures", b.failures)
	}
	return door.WithHint("mend the service and run up again", fmt.Errorf("%w; %s", err, text))
}

// group undoes the replacements of a group; an error ends the roll-back.
func (b *rollback) group(ctx context.Context, group []swap) error {
	back := b.start(ctx, group)
	if failed := errors.Join(back.failed...); failed != nil && ctx.Err() == nil {
		b.failures += len(back.failed)
		failed = fmt.Errorf("roll back service %q: %w", b.svc.Name, failed)
		if ends(b.config, b.failures, b.svc.Scale) {
			return fmt.Errorf("%w; it is paused", failed)
		}
		b.say.Warn("Service", b.svc.Name, failed.Error()+"; it goes on")
	}
	if failed := b.finish(ctx, back); failed != nil {
		return fmt.Errorf("roll back service %q: %w", b.svc.Name, failed)
	}
	return nil
}

// count finds the first number that no container has, or had.
func (b *rollback) count(all []swap) error {
	there, err := b.p.Replicas([]string{b.svc.Name})
	if err != nil {
		return err
	}
	for i := range there {
		b.next = max(b.next, there[i].Number)
	}
	for _, s := range all {
		if s.was != nil {
			b.next = max(b.next, s.was.Number)
		}
	}
	b.next++
	return nil
}

// beside reports that what comes back may be there before its successor goes.
func (b *rollback) beside(s swap) bool {
	return b.config.StartFirst && s.made != "" && s.was != nil && s.was.Service.Alone() == "" &&
		!slices.ContainsFunc(s.was.Service.Mounts, project.Mount.Anonymous)
}

// returned is a group that has come back.
type returned struct {
	mu     sync.Mutex // guards the rest
	names  []string   // of those that have come back
	stay   []string   // successors that are still there
	failed []error
}

// start undoes the replacements of a group at the same time, and returns when they have
// settled.
func (b *rollback) start(ctx context.Context, group []swap) *returned {
	back := &returned{}
	var all sync.WaitGroup
	for _, s := range group {
		number := 0
		if b.beside(s) {
			back.stay = append(back.stay, s.made)
			if s.made == s.was.Name {
				number = b.next
				b.next++
			}
			s.made = ""
		}
		all.Go(func() {
			name, err := b.undo(ctx, s, number)
			back.mu.Lock()
			defer back.mu.Unlock()
			if name != "" && err == nil {
				back.names = append(back.names, name)
			}
			if err != nil {
				back.failed = append(back.failed, err)
			}
		})
	}
	all.Wait()
	return back
}

// undo removes what came, brings back what went, and watches it.
func (b *rollback) undo(ctx context.Context, s swap, number int) (name string, err error) {
	if s.made != "" {
		if err := b.discard(ctx, s.made); err != nil {
			return "", err
		}
	}
	if s.was == nil {
		return "", nil
	}
	if name, err = b.crew.BringBack(ctx, s.was, number); err != nil {
		return "", err
	}
	return name, waits.Settled(ctx, b.p, name, b.config.Monitor)
}

// finish removes the successors that could stay until now, and says who is back.
func (b *rollback) finish(ctx context.Context, back *returned) error {
	for _, name := range back.stay {
		if err := b.discard(ctx, name); err != nil {
			return err
		}
	}
	slices.Sort(back.names)
	for _, name := range back.names {
		b.say.Container(name, "Rolled back")
	}
	return nil
}

func (b *rollback) discard(ctx context.Context, name string) error {
	b.say.Container(name, "Rolling back")
	return b.crew.Discard(ctx, name)
}
