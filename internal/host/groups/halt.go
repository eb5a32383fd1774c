package groups

import (
	"context"

	"github.com/mocker-compose/mocker-compose/rootless/cgroup"
)

// Freeze stops all processes of a run and returns when they stand still; false: it has
// no group. Births that are under way are completed before.
func (k *Keeper) Freeze(ctx context.Context, id string) (bool, error) {
	return k.halt(ctx, id, Group.Freeze)
}

// Thaw lets the processes of a frozen run go on; false: it has no group. Idempotent.
func (k *Keeper) Thaw(ctx context.Context, id string) (bool, error) {
	return k.halt(ctx, id, Group.Thaw)
}

func (k *Keeper) halt(ctx context.Context, id string, do func(Group, context.Context) error) (bool, error) {
	r, err := k.of(ctx, id)
	if r == nil {
		return false, err
	}
	open, err := r.gate.shut(ctx)
	if err != nil {
		return true, err
	}
	defer open()
	return true, do(r.group, ctx)
}

// Kill kills all processes of a run at once, and does not wait; false: it has no group,
// or it is not known yet whether it has one.
func (k *Keeper) Kill(id string) (bool, error) {
	select {
	case <-k.found:
	default:
		return false, nil
	}
	r, err := k.of(context.Background(), id)
	if r == nil {
		return false, err
	}
	return true, r.group.Kill()
}

// OOM tells whether the kernel has killed processes of a run because memory was short,
// and which limit of its own, in bytes, was reached; 0 = none, memory was short elsewhere.
func (k *Keeper) OOM(ctx context.Context, id string) (killed bool, limit int64, err error) {
	r, err := k.of(ctx, id)
	if r == nil {
		return false, 0, err
	}
	o, err := r.group.OOM()
	if o.Reached > 0 && o.Limit != cgroup.Max {
		limit = int64(o.Limit)
	}
	return o.Kills > 0, limit, err
}
