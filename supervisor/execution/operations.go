package execution

import (
	"context"
	"fmt"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
)

// The operations on containers, each with docker compose's lines.

func (x *Execution) create(ctx context.Context, op plan.Operation) error {
	svc, ok := x.Project.Service(op.Service)
	if !ok {
		return fmt.Errorf("create container %s: service %q is not in the project", op.Object, op.Service)
	}
	before, after := "Creating", "Created"
	if op.Replaces {
		before, after = "", "Recreated"
	}
	if before != "" {
		x.Request.Container(op.Object, before)
	}
	c := kernel.NewContainer(x.Project, svc, op.Number)
	c.Inherit = op.Replaces && !x.Renew
	ApplyImage(&c, x.Images[svc.Name], x.Request)
	if err := x.Loop.Create(ctx, c); err != nil {
		return x.failure(op.Object, err)
	}
	x.Request.Container(op.Object, after)
	return nil
}

// Start starts a container, after its steps of pre_start.
func (x *Execution) Start(ctx context.Context, name string) error {
	if err := x.prepare(ctx, name); err != nil {
		return err
	}
	if !x.Restart {
		x.Request.Container(name, "Starting")
	}
	if _, err := x.Loop.Start(ctx, name); err != nil {
		return x.failure(name, err)
	}
	x.Request.Container(name, "Started")
	if x.Restart {
		_ = x.Loop.Ask(func() {
			if i := x.Loop.Instances[name]; i != nil {
				x.Loop.Emit(i, "restart")
			}
		})
	}
	return nil
}

// orderFor is the order to a container that is stopped: another may take its place.
func (x *Execution) orderFor(op plan.Operation) policy.StopOrder {
	if op.Replaces {
		return x.Order.AndBack()
	}
	return x.Order
}

// Stop stops the container of an operation.
func (x *Execution) Stop(ctx context.Context, op plan.Operation) error {
	say := func(status string) { x.Request.Container(op.Object, status) }
	switch {
	case op.Replaces:
		x.announce(op.Object)
		say = func(string) {}
	case x.Restart:
		say("Restarting")
		say = func(string) {}
	}
	say("Stopping")
	if err := x.Loop.Stop(ctx, op.Object, x.orderFor(op)); err != nil {
		return x.failure(op.Object, fmt.Errorf("stop container %s: %w", op.Object, err))
	}
	if warning := x.Loop.PreStopWarning(op.Object); warning != nil {
		x.Request.Warn("Container", op.Object, "stopped all the same: "+warning.Error())
	}
	say("Stopped")
	return nil
}

func (x *Execution) remove(ctx context.Context, op plan.Operation) error {
	if op.Replaces {
		x.announce(op.Object)
	} else {
		x.Request.Container(op.Object, "Removing")
	}
	x.Loop.LetRead(ctx, op.Object)
	if err := x.Loop.Remove(ctx, op.Object, x.orderFor(op), x.Volumes); err != nil {
		return x.failure(op.Object, err)
	}
	if !op.Replaces {
		x.Request.Container(op.Object, "Removed")
	}
	return nil
}

// failure says that a step of a container failed, unless it was cancelled.
func (x *Execution) failure(name string, err error) error {
	if IsCancel(err) {
		return err
	}
	x.Request.Container(name, "Error")
	return &door.About{Err: err, Container: name}
}

// limit makes the limits of a container those that the file has now.
func (x *Execution) limit(ctx context.Context, op plan.Operation) error {
	x.Request.Container(op.Object, "Updating")
	if err := x.Loop.Limit(ctx, op.Object, op.Resources); err != nil {
		if !IsCancel(err) {
			x.Request.Container(op.Object, "Error")
		}
		return fmt.Errorf("limit container %s: %w", op.Object, err)
	}
	x.Request.Container(op.Object, "Updated")
	return nil
}
