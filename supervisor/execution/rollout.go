package execution

import (
	"context"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/rollout"
)

// rolls is the rollout that an operation belongs to.
func (x *Execution) rolls(op plan.Operation) *rollout.Rollout {
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
func (x *Execution) rolled(op plan.Operation, was *record.Replica, err error) error {
	if !op.Rolls || IsCancel(err) {
		return err
	}
	return x.rolls(op).Note(op, was, err)
}

// settle decides whether the next group of a rollout is begun.
func (x *Execution) settle(ctx context.Context, op plan.Operation) error {
	svc, ok := x.Project.Service(op.Service)
	if !ok {
		return nil
	}
	return x.rolls(op).Settle(ctx, x.Loop.Conditions(), x, x.Request, svc, op)
}

// Discard implements rollout.Crew.
func (x *Execution) Discard(ctx context.Context, name string) error {
	return x.Loop.Remove(ctx, name, x.Order, false)
}

// BringBack makes a container again as it was, with what its steps of pre_start did. It
// implements rollout.Crew.
func (x *Execution) BringBack(ctx context.Context, was *record.Replica, number int) (string, error) {
	c := was.Container
	c.ID, c.Created, c.Inherit = kernel.NewID(), time.Now(), !x.Renew
	if number > 0 {
		c.Number, c.Name, c.Inherit = number, x.Project.ContainerName(&c.Service, number), false
	}
	if err := x.Loop.Create(ctx, c); err != nil {
		return "", err
	}
	if err := x.Loop.Ask(func() {
		if i := x.Loop.Instances[c.Name]; i != nil {
			i.Rec.PreStarted = was.PreStarted
		}
	}); err != nil {
		return "", err
	}
	_, err := x.Loop.Start(ctx, c.Name)
	return c.Name, err
}
