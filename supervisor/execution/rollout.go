package execution

import (
	"context"
	"errors"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/rollout"
)

// rolls is the rollout of a service that the plan replaces in groups: a new one, or that
// in which the last supervisor died.
func (x *Execution) rolls(service string) *rollout.Rollout {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.rollouts == nil {
		x.rollouts = map[string]*rollout.Rollout{}
	}
	if x.rollouts[service] == nil {
		kept := record.Rollout{}
		if svc, ok := x.Project.Service(service); ok {
			kept.Hash = x.Project.Hash(svc)
		}
		_ = x.Loop.Ask(func() {
			if old := x.Loop.Rollouts[service]; old.Hash == kept.Hash {
				kept = old
			}
		})
		x.rollouts[service] = rollout.New(kept, func(r record.Rollout) error {
			return x.Loop.Commit(func() { x.Loop.Rollouts = with(x.Loop.Rollouts, service, r) })
		})
	}
	return x.rollouts[service]
}

// ResumeRollbacks goes on with the roll-backs of services in which the last supervisor
// died. The error is that of the updates that they undo. Rollouts in which it died go on
// with the plan.
func (x *Execution) ResumeRollbacks(ctx context.Context, services []string) error {
	var there map[string]record.Rollout
	if err := x.Loop.Ask(func() { there = x.Loop.Rollouts }); err != nil {
		return err
	}
	x.resumed = map[string]bool{}
	var all []error
	for _, name := range services {
		kept, had := there[name]
		if svc, ok := x.Project.Service(name); ok && had && kept.Hash == x.Project.Hash(svc) {
			x.resumed[name] = true
			all = append(all, x.rolls(name).Resume(ctx, x.Loop.Conditions(), x, x.Request, svc))
		}
	}
	return errors.Join(all...)
}

// rolling reports that an operation is one of a rollout. What takes the place of one that
// had gone when a supervisor died looks to the plan like one more replica.
func (x *Execution) rolling(op plan.Operation) bool { return op.Rolls || x.resumed[op.Service] }

// settleRest watches what a rollout has started that no group of the plan has watched.
func (x *Execution) settleRest(ctx context.Context) error {
	for name, r := range x.rollouts {
		if r.Unsettled() {
			if err := x.settle(ctx, plan.Operation{Service: name, Number: 1, Of: 1}); err != nil {
				return err
			}
		}
	}
	return nil
}

// rollCreate makes the container of an operation that may belong to a rollout.
func (x *Execution) rollCreate(ctx context.Context, op plan.Operation) error {
	if x.rolling(op) {
		if err := x.rolls(op.Service).Coming(op.Object); err != nil {
			return err
		}
	}
	return x.create(ctx, op)
}

// rollStart is the start of such a container: a failure is its group's.
func (x *Execution) rollStart(ctx context.Context, op plan.Operation) error {
	err := x.Start(ctx, op.Object)
	if !x.rolling(op) || IsCancel(err) {
		return err
	}
	x.rolls(op.Service).Started(op.Object, err)
	return nil
}

// rollRemove removes the container of an operation that may belong to a rollout.
func (x *Execution) rollRemove(ctx context.Context, op plan.Operation) error {
	if x.rolling(op) {
		if err := x.rolls(op.Service).Going(x.Loop.Replica(op.Object)); err != nil {
			return err
		}
	}
	return x.remove(ctx, op)
}

// settle decides whether the next group of a rollout is begun.
func (x *Execution) settle(ctx context.Context, op plan.Operation) error {
	svc, ok := x.Project.Service(op.Service)
	if !ok {
		return nil
	}
	return x.rolls(op.Service).Settle(ctx, x.Loop.Conditions(), x, x.Request, svc, op)
}

// Discard implements rollout.Crew.
func (x *Execution) Discard(ctx context.Context, name, unless string) error {
	if r := x.Loop.Replica(name); r == nil || r.ID == unless {
		return nil
	}
	return x.Loop.Remove(ctx, name, x.Order, false)
}

// Again implements rollout.Crew: it will have what its steps of pre_start did.
func (x *Execution) Again(was *record.Replica, number int) record.Replica {
	c := was.Container
	c.ID, c.Created, c.Inherit = kernel.NewID(), time.Now(), !x.Renew
	if number > 0 {
		c.Number, c.Name, c.Inherit = number, x.Project.ContainerName(&c.Service, number), false
	}
	return record.Replica{Container: c, PreStarted: was.PreStarted}
}

// BringBack implements rollout.Crew.
func (x *Execution) BringBack(ctx context.Context, was *record.Replica) error {
	if r := x.Loop.Replica(was.Name); r == nil || r.ID != was.ID {
		if err := x.Loop.Create(ctx, was.Container); err != nil {
			return err
		}
	}
	if err := x.Loop.Ask(func() {
		if i := x.Loop.Instances[was.Name]; i != nil {
			i.Rec.PreStarted = was.PreStarted
		}
	}); err != nil {
		return err
	}
	_, err := x.Loop.Start(ctx, was.Name)
	return err
}
