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
	was := slices.Clone(r.kept.Was)
	take := func(name string) *record.Replica {
		n := slices.IndexFunc(was, func(c record.Replica) bool { return c.Name == name })
		if n < 0 {
			return nil
		}
		c := was[n]
		was = slices.Delete(was, n, n+1)
		return &c
	}
	for _, name := range r.kept.Made {
		all = append(all, swap{made: name, was: take(name)})
	}
	for i := range all {
		if all[i].was == nil && len(was) > 0 {
			all[i].was = take(was[0].Name)
		}
	}
	for i := range was { // it was going, and no successor was made
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
	failures int
}

// rollBack brings back what was replaced, after an update that failed with err. As what
// each comes back is on record before anything is done, so that whoever goes on makes none
// of them twice.
func (r *Rollout) rollBack(ctx context.Context, p waits.Project, crew Crew, say *door.Request, svc *project.Service, err error) error {
	b := newRollback(p, crew, say, svc)
	r.mu.Lock()
	all := r.swaps()
	failed := b.name(all)
	if failed == nil {
		r.kept.Was = nil
		for _, s := range all {
			if s.was != nil {
				r.kept.Was = append(r.kept.Was, *s.was)
			}
		}
		r.kept.Back = door.Brief(err)
		failed = r.keep(r.kept)
	}
	r.mu.Unlock()
	if failed != nil {
		return errors.Join(err, fmt.Errorf("roll back service %q: %w", svc.Name, failed))
	}
	return b.run(ctx, all, err)
}

// Resume goes on with a roll-back in which the last supervisor died, if it was one. Its
// error is that of the update.
func (r *Rollout) Resume(ctx context.Context, p waits.Project, crew Crew, say *door.Request, svc *project.Service) error {
	if r.kept.Back == "" {
		return nil
	}
	return newRollback(p, crew, say, svc).run(ctx, r.swaps(), errors.New(r.kept.Back))
}

func newRollback(p waits.Project, crew Crew, say *door.Request, svc *project.Service) *rollback {
	b := &rollback{p: p, crew: crew, say: say, svc: svc, config: svc.Rollback}
	if b.config == nil {
		b.config = &project.Update{Parallelism: 1}
	}
	return b
}

// run undoes replacements in groups.
func (b *rollback) run(ctx context.Context, all []swap, err error) error {
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
			hint := fmt.Sprintf("see: mocker-compose logs %s; then run up again: %d of %d groups have come back", b.svc.Name, i, len(groups))
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

// name settles as what each comes back that has gone: one whose successor has its name,
// and stays until it runs, is another replica, whose number no container has, or had.
func (b *rollback) name(all []swap) error {
	there, err := b.p.Replicas([]string{b.svc.Name})
	if err != nil {
		return err
	}
	last := 0
	for i := range there {
		last = max(last, there[i].Number)
	}
	for _, s := range all {
		if s.was != nil {
			last = max(last, s.was.Number)
		}
	}
	for _, s := range all {
		if s.was == nil || slices.ContainsFunc(there, func(c record.Replica) bool { return c.ID == s.was.ID }) {
			continue
		}
		number := 0
		if b.beside(s) && s.made == s.was.Name {
			last++
			number = last
		}
		*s.was = b.crew.Again(s.was, number)
	}
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
		if b.beside(s) && s.made != s.was.Name {
			back.stay = append(back.stay, s.made)
			s.made = ""
		}
		all.Go(func() {
			err := b.undo(ctx, s)
			back.mu.Lock()
			defer back.mu.Unlock()
			switch {
			case err != nil:
				back.failed = append(back.failed, err)
			case s.was != nil:
				back.names = append(back.names, s.was.Name)
			}
		})
	}
	all.Wait()
	return back
}

// undo removes what came, brings back what went, and watches it.
func (b *rollback) undo(ctx context.Context, s swap) error {
	if s.made != "" {
		unless := ""
		if s.was != nil {
			unless = s.was.ID
		}
		if err := b.discard(ctx, s.made, unless); err != nil {
			return err
		}
	}
	if s.was == nil {
		return nil
	}
	if err := b.crew.BringBack(ctx, s.was); err != nil {
		return err
	}
	return waits.Settled(ctx, b.p, s.was.Name, b.config.Monitor)
}

// finish removes the successors that could stay until now, and says who is back.
func (b *rollback) finish(ctx context.Context, back *returned) error {
	for _, name := range back.stay {
		if err := b.discard(ctx, name, ""); err != nil {
			return err
		}
	}
	slices.Sort(back.names)
	for _, name := range back.names {
		b.say.Container(name, "Rolled back")
	}
	return nil
}

func (b *rollback) discard(ctx context.Context, name, unless string) error {
	b.say.Container(name, "Rolling back")
	return b.crew.Discard(ctx, name, unless)
}
