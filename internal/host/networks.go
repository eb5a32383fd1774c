package host

import (
	"context"
	"errors"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/sharing"
	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/project"
)

// EnsureNetworks makes the project's networks that do not exist, and their way out.
func (r *Runtime) EnsureNetworks(ctx context.Context, p *project.Project) error {
	if err := sharing.Join(ctx, r.dirs, r.net, p); err != nil {
		return err
	}
	for _, n := range p.Networks {
		if !n.External {
			if _, err := r.net.EnsureNetwork(networkSpec(n)); err != nil {
				return err
			}
		}
	}
	if err := r.recordNetworks(slices.Clone(p.Networks)); err != nil {
		return err
	}
	return r.uplink.Ensure(ctx, string(p.Uplink))
}

// networkSpec is a network of the file in the terms of the stack.
func networkSpec(n project.Network) netstack.Network {
	spec := netstack.Network{
		Name: n.Name, NoIPv4: n.NoIPv4, IPv6: n.IPv6, Internal: n.Internal, Isolated: n.Isolated,
		MTU: n.MTU, Bridge: n.Bridge, Labels: n.Labels,
	}
	for _, pool := range n.Subnets {
		spec.Subnets = append(spec.Subnets, netstack.Subnet(pool))
	}
	return spec
}

// Networks are those that the project is on, and who stands there.
func (r *Runtime) Networks(context.Context) ([]api.Network, error) { return sharing.Show(r.net) }

// RemoveNetworks removes all of the project's networks, and leaves those that it
// shares.
func (r *Runtime) RemoveNetworks(context.Context) ([]string, error) {
	var names []string
	var errs []error
	for _, n := range r.net.Networks() {
		if err := r.net.RemoveNetwork(n.Name); err != nil {
			errs = append(errs, err)
			continue
		}
		if !n.Shared {
			names = append(names, n.Name)
		}
	}
	if len(errs) == 0 {
		errs = append(errs, r.saveNetworks(nil))
	}
	slices.Sort(names)
	return names, errors.Join(errs...)
}

// RemoveNetwork removes one network.
func (r *Runtime) RemoveNetwork(_ context.Context, name string) error {
	return r.net.RemoveNetwork(name)
}
