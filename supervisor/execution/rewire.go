package execution

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/lifecycle"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// Networks that change while containers stand on them. The record says first how it
// is to be: a supervisor that dies in between leaves one that makes it so when it
// adopts the container.

// rewireLimit bounds one change of one container's networks.
const rewireLimit = time.Minute

// The words for a change, before and after.
var rewireWords = map[plan.Kind][2]string{
	plan.Connect:    {"Connecting", "Connected"},
	plan.Disconnect: {"Disconnecting", "Disconnected"},
	plan.Update:     {"Updating", "Updated"},
}

// rewire attaches a container to a network, detaches it, or changes how it stands there.
func (x *Execution) rewire(ctx context.Context, op plan.Operation) error {
	words := rewireWords[op.Kind]
	x.Request.About("Container", op.Object, words[0], op.Network)
	if err := x.rewireOne(ctx, op); err != nil {
		if !IsCancel(err) {
			x.Request.About("Container", op.Object, "Error", op.Network)
		}
		return fmt.Errorf("%s container %s, network %s: %w", op.Kind, op.Object, op.Network, err)
	}
	x.Request.About("Container", op.Object, words[1], op.Network)
	return nil
}

func (x *Execution) rewireOne(ctx context.Context, op plan.Operation) error {
	if op.Kind == plan.Connect {
		if err := x.Loop.Ensure(ctx); err != nil {
			return err
		}
	}
	var was, c kernel.Container
	found := false
	err := x.Loop.Commit(func() {
		i := x.Loop.Instances[op.Object]
		if found = i != nil; !found {
			return
		}
		was = i.Rec.Container
		c = record.Rewired(was, op)
		if !op.Replaces { // else it is to come back, whoever brings it
			i.Rec.Container = c
		}
		c = x.without(c, op)
	})
	if err != nil || !found {
		return err // one that is gone stands nowhere
	}
	ctx, cancel := context.WithTimeout(ctx, rewireLimit)
	defer cancel()
	if err := x.Runtime.Rewire(ctx, &c); err != nil {
		return errors.Join(err, x.Loop.Commit(func() {
			if i := x.Loop.Instances[op.Object]; i != nil && i.Rec.ID == c.ID {
				i.Rec.On, i.Rec.Service.Endpoints = was.On, was.Service.Endpoints
			}
		}))
	}
	return x.Loop.Ask(func() {
		if i := x.Loop.Instances[op.Object]; i != nil && i.Rec.ID == c.ID && i.Rec.Live() {
			x.Loop.News.Rewired(&i.Rec, op)
		}
	})
}

// without is c without the networks that later operations connect it to: it may be on
// record that it stands there, but they may not exist, or not any more. Called on the loop.
func (x *Execution) without(c kernel.Container, op plan.Operation) kernel.Container {
	if op.Kind == plan.Connect {
		x.joins[c.Name] = slices.DeleteFunc(x.joins[c.Name], func(n string) bool { return n == op.Network })
	}
	for _, n := range x.joins[c.Name] {
		c = record.Rewired(c, plan.Operation{Kind: plan.Disconnect, Network: n})
	}
	return c
}

// with is m, which stays as it is, with one entry more.
func with[T any](m map[string]T, name string, entry T) map[string]T {
	out := maps.Clone(m)
	if out == nil {
		out = map[string]T{}
	}
	out[name] = entry
	return out
}

// createNetwork makes a network and records how it was made.
func (x *Execution) createNetwork(ctx context.Context, op plan.Operation) error {
	err := x.Loop.Ask(func() {
		for _, n := range x.Project.Networks {
			if n.Name == op.Object {
				x.Loop.Defined = with(x.Loop.Defined, n.Name, n)
				x.Loop.Born = with(x.Loop.Born, n.Name, time.Now())
			}
		}
	})
	if err == nil {
		err = x.share(ctx, "Network", op.Object, &x.Loop.Networks)
	}
	if err != nil {
		return err
	}
	return x.Loop.Ask(func() { x.Loop.News.Network(op.Object, "create") })
}

// clearNetwork removes a network that will be made anew, when all have left it.
func (x *Execution) clearNetwork(ctx context.Context, name string) error {
	x.Request.Progress("Network", name, "Removing")
	ctx, cancel := context.WithTimeout(ctx, lifecycle.RemoveLimit)
	defer cancel()
	if err := x.Runtime.RemoveNetwork(ctx, name); err != nil {
		x.Request.Progress("Network", name, "Error")
		return fmt.Errorf("remove network %s to make it anew: %w", name, err)
	}
	x.Request.Progress("Network", name, "Removed")
	return x.Loop.Ask(func() {
		x.Loop.Networks = slices.DeleteFunc(slices.Clone(x.Loop.Networks), func(n string) bool { return n == name })
		x.Loop.Outdated = true
		x.Loop.Changed()
		x.Loop.News.Network(name, "destroy")
	})
}
