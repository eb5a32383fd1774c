package supervisor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/plan"
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
func (x *execution) rewire(ctx context.Context, op plan.Operation) error {
	words := rewireWords[op.Kind]
	x.r.About("Container", op.Object, words[0], op.Network)
	if err := x.rewireOne(ctx, op); err != nil {
		if !isCancel(err) {
			x.r.About("Container", op.Object, "Error", op.Network)
		}
		return fmt.Errorf("%s container %s, network %s: %w", op.Kind, op.Object, op.Network, err)
	}
	x.r.About("Container", op.Object, words[1], op.Network)
	return nil
}

func (x *execution) rewireOne(ctx context.Context, op plan.Operation) error {
	s := x.s
	if op.Kind == plan.Connect {
		if err := s.ensure(ctx); err != nil {
			return err
		}
	}
	var was, c Container
	found := false
	err := s.commit(func() {
		i := s.instances[op.Object]
		if found = i != nil; !found {
			return
		}
		was = i.rec.Container
		c = record.Rewired(was, op)
		if !op.Replaces { // else it is to come back, whoever brings it
			i.rec.Container = c
		}
		c = x.without(c, op)
	})
	if err != nil || !found {
		return err // one that is gone stands nowhere
	}
	ctx, cancel := context.WithTimeout(ctx, rewireLimit)
	defer cancel()
	if err := s.rt.Rewire(ctx, &c); err != nil {
		return errors.Join(err, s.commit(func() {
			if i := s.instances[op.Object]; i != nil && i.rec.ID == c.ID {
				i.rec.On, i.rec.Service.Endpoints = was.On, was.Service.Endpoints
			}
		}))
	}
	return s.ask(func() {
		if i := s.instances[op.Object]; i != nil && i.rec.ID == c.ID && i.rec.Live() {
			s.news.Rewired(&i.rec, op)
		}
	})
}

// without is c without the networks that later operations connect it to: it may be on
// record that it stands there, but they may not exist, or not any more. Called on the loop.
func (x *execution) without(c Container, op plan.Operation) Container {
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
func (x *execution) createNetwork(ctx context.Context, op plan.Operation) error {
	err := x.s.ask(func() {
		for _, n := range x.project.Networks {
			if n.Name == op.Object {
				x.s.defined = with(x.s.defined, n.Name, n)
				x.s.born = with(x.s.born, n.Name, time.Now())
			}
		}
	})
	if err == nil {
		err = x.share(ctx, "Network", op.Object, &x.s.networks)
	}
	if err != nil {
		return err
	}
	return x.s.ask(func() { x.s.news.Network(op.Object, "create") })
}

// clearNetwork removes a network that will be made anew, when all have left it.
func (x *execution) clearNetwork(ctx context.Context, name string) error {
	x.r.Progress("Network", name, "Removing")
	ctx, cancel := context.WithTimeout(ctx, removeLimit)
	defer cancel()
	if err := x.s.rt.RemoveNetwork(ctx, name); err != nil {
		x.r.Progress("Network", name, "Error")
		return fmt.Errorf("remove network %s to make it anew: %w", name, err)
	}
	x.r.Progress("Network", name, "Removed")
	return x.s.ask(func() {
		x.s.networks = slices.DeleteFunc(slices.Clone(x.s.networks), func(n string) bool { return n == name })
		x.s.outdated = true
		x.s.changed()
		x.s.news.Network(name, "destroy")
	})
}
