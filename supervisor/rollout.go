package supervisor

import (
	"context"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/rollout"
)

// rolls is the rollout that an operation belongs to.
func (x *execution) rolls(op plan.Operation) *rollout.Rollout {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.rollouts == nil {
		x.rollouts = map[string]*rollout.Rollout{}
	}
	if x.rollouts[op.Service] == nil {
		x.rollouts[op.Service] = &rollout.Rollout{}
	}
	return x.rollouts[op.Service]
}

// rolled tells a rollout of an operation that ended.
func (x *execution) rolled(op plan.Operation, was *Replica, err error) error {
	if !op.Rolls || isCancel(err) {
		return err
	}
	return x.rolls(op).Note(op, was, err)
}

// settle decides whether the next group of a rollout is begun.
func (x *execution) settle(ctx context.Context, op plan.Operation) error {
	svc, ok := x.project.Service(op.Service)
	if !ok {
		return nil
	}
	return x.rolls(op).Settle(ctx, x.s, x, x.r, svc, op)
}

// Discard implements rollout.Crew.
func (x *execution) Discard(ctx context.Context, name string) error {
	return x.s.removeOne(ctx, name, x.order, false)
}

// BringBack makes a container again as it was, with what its steps of pre_start did. It
// implements rollout.Crew.
func (x *execution) BringBack(ctx context.Context, was *Replica) error {
	c := was.Container
	c.ID, c.Created, c.Inherit = kernel.NewID(), time.Now(), !x.renew
	if err := x.s.createOne(ctx, c); err != nil {
		return err
	}
	if err := x.s.ask(func() {
		if i := x.s.instances[c.Name]; i != nil {
			i.rec.PreStarted = was.PreStarted
		}
	}); err != nil {
		return err
	}
	_, err := x.s.startOne(ctx, c.Name)
	return err
}
