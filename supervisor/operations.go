package supervisor

import (
	"context"
	"fmt"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// The operations on containers, each with docker compose's lines.

func (x *execution) create(ctx context.Context, op plan.Operation) error {
	svc, ok := x.project.Service(op.Service)
	if !ok {
		return fmt.Errorf("create container %s: service %q is not in the project", op.Object, op.Service)
	}
	before, after := "Creating", "Created"
	if op.Replaces {
		before, after = "", "Recreated"
	}
	if before != "" {
		x.r.Container(op.Object, before)
	}
	c := kernel.NewContainer(x.project, svc, op.Number)
	c.Inherit = op.Replaces && !x.renew
	applyImage(&c, x.images[svc.Name], x.r)
	if err := x.s.createOne(ctx, c); err != nil {
		return x.failure(op.Object, err)
	}
	x.r.Container(op.Object, after)
	return nil
}

func (x *execution) start(ctx context.Context, name string) error {
	if err := x.prepare(ctx, name); err != nil {
		return err
	}
	if !x.restart {
		x.r.Container(name, "Starting")
	}
	if _, err := x.s.startOne(ctx, name); err != nil {
		return x.failure(name, err)
	}
	x.r.Container(name, "Started")
	if x.restart {
		_ = x.s.ask(func() {
			if i := x.s.instances[name]; i != nil {
				x.s.emit(i, "restart")
			}
		})
	}
	return nil
}

// orderFor is the order to a container that is stopped: another may take its place.
func (x *execution) orderFor(op plan.Operation) stopOrder {
	if op.Replaces {
		return x.order.AndBack()
	}
	return x.order
}

func (x *execution) stop(ctx context.Context, op plan.Operation) error {
	say := func(status string) { x.r.Container(op.Object, status) }
	switch {
	case op.Replaces:
		x.announce(op.Object)
		say = func(string) {}
	case x.restart:
		say("Restarting")
		say = func(string) {}
	}
	say("Stopping")
	if err := x.s.stopOne(ctx, op.Object, x.orderFor(op)); err != nil {
		return x.failure(op.Object, fmt.Errorf("stop container %s: %w", op.Object, err))
	}
	x.s.sayPreStop(x.r, op.Object)
	say("Stopped")
	return nil
}

func (x *execution) remove(ctx context.Context, op plan.Operation) error {
	if op.Replaces {
		x.announce(op.Object)
	} else {
		x.r.Container(op.Object, "Removing")
	}
	x.s.letRead(ctx, op.Object)
	if err := x.s.removeOne(ctx, op.Object, x.orderFor(op), x.volumes); err != nil {
		return x.failure(op.Object, err)
	}
	if !op.Replaces {
		x.r.Container(op.Object, "Removed")
	}
	return nil
}

// failure says that a step of a container failed, unless it was cancelled.
func (x *execution) failure(name string, err error) error {
	if isCancel(err) {
		return err
	}
	x.r.Container(name, "Error")
	return &door.About{Err: err, Container: name}
}
