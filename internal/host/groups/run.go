package groups

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/limits"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless/cgroup"
)

// run is the group of a run, as this process has it open.
type run struct {
	group Group
	gate  *gate // open for births, shut while it is frozen, thawed or removed
}

// Name is the name of the group of a run "NAME/RUN"; "" for what is none: a command
// "NAME/exec-N" has no group of its own.
func Name(id string) string {
	i := strings.LastIndexByte(id, '/')
	if i <= 0 || i+1 == len(id) || strings.Trim(id[i+1:], "0123456789") != "" {
		return ""
	}
	return id[:i] + "." + id[i+1:]
}

// Make makes the group of a run of a service, with its limits. It waits until D is
// there. The directory is the Keeper's, and open until Release; nil: there is no D.
func (k *Keeper) Make(ctx context.Context, id string, s *project.Service) (*os.File, error) {
	tree, err := k.await(ctx, k.ready)
	if tree == nil {
		if err == nil {
			k.Check(ctx, []project.Service{*s})
		}
		return nil, err
	}
	name := Name(id)
	g, unmet, err := tree.MakeIn(s.CgroupParent, name, limits.OCI(limits.Within(s.Resources, tree.Room())))
	if err != nil {
		return nil, err
	}
	k.complain(s, unmet)
	k.mu.Lock()
	defer k.mu.Unlock()
	if old := k.runs[name]; old != nil {
		_ = old.group.Close() // it was removed: Make sees to that
	}
	k.runs[name] = &run{g, newGate()}
	return g.Dir(), nil
}

// of is the group of a run, nil if it has none. It waits for D.
func (k *Keeper) of(ctx context.Context, id string) (*run, error) {
	name := Name(id)
	if name == "" {
		return nil, nil //nolint:nilnil // none is an answer
	}
	tree, err := k.await(ctx, k.found)
	if tree == nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if r := k.runs[name]; r != nil {
		return r, nil
	}
	g, err := tree.Group(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil //nolint:nilnil // it was started without one, or is gone
	}
	if err != nil {
		return nil, err
	}
	r := &run{g, newGate()}
	k.runs[name] = r
	return r, nil
}

// Enter opens the group of a run for a birth; nil: it has none. Until leave is called,
// which is once and in every case, the group is neither frozen nor removed.
func (k *Keeper) Enter(ctx context.Context, id string) (dir *os.File, leave func(), err error) {
	r, err := k.of(ctx, id)
	if r == nil {
		return nil, func() {}, err
	}
	if err := r.gate.enter(ctx); err != nil {
		return nil, func() {}, err
	}
	frozen, err := r.group.Frozen()
	switch {
	case err == nil && frozen:
		err = errors.New("container is paused")
	case err != nil && r.group.Gone():
		err = errors.New("the container has ended")
	}
	if err != nil {
		r.gate.leave()
		return nil, func() {}, err
	}
	return r.group.Dir(), r.gate.leave, nil
}

// Limit makes the limits of a service hold for a run that lives; one that has ended
// meanwhile needs none. The error is a *cgroup.BusyError if the run needs more memory than
// that.
func (k *Keeper) Limit(ctx context.Context, id string, s *project.Service) error {
	r, err := k.of(ctx, id)
	if r == nil {
		if err == nil {
			k.checkRunning(ctx, s)
		}
		return err
	}
	unmet, err := r.group.Set(limits.OCI(limits.Within(s.Resources, k.tree.Room())))
	if (err != nil || len(unmet) > 0) && r.group.Gone() {
		return nil
	}
	k.complain(s, unmet)
	return err
}

// Sample is what a run has used and uses; false: it has no group.
func (k *Keeper) Sample(ctx context.Context, id string) (cgroup.Sample, bool, error) {
	r, err := k.of(ctx, id)
	if r == nil {
		return cgroup.Sample{}, false, err
	}
	s, err := r.group.Sample()
	return s, err == nil, err
}

// Rest gives back what Sample keeps open of a run.
func (k *Keeper) Rest(id string) {
	k.mu.Lock()
	r := k.runs[Name(id)]
	k.mu.Unlock()
	if r != nil {
		r.group.Rest()
	}
}

// Release kills what is left of a run and removes its group; false: it has none.
// Idempotent.
func (k *Keeper) Release(ctx context.Context, id string) (bool, error) {
	r, err := k.of(ctx, id)
	if r == nil {
		return false, err
	}
	_ = r.group.Kill() // a birth that is under way ends by it; Remove tells of failures
	open, err := r.gate.shut(ctx)
	if err != nil {
		return true, err
	}
	defer open()
	if err := r.group.Remove(ctx); err != nil {
		return true, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.runs[Name(id)] == r {
		delete(k.runs, Name(id))
	}
	return true, nil
}
