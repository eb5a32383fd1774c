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
	if err := sharing.Join(ctx, r.dirs, r.net, p, r.notice); err != nil {
		return err
	}
	for _, n := range p.Networks {
		if !sharing.Shared(p, &n) {
			if _, err := r.net.EnsureNetwork(networkSpec(n)); err != nil {
				return err
			}
		}
	}
	if err := r.recordNetworks(slices.Clone(p.Networks)); err != nil {
		return err
	}
	if err := r.uplink.Ensure(ctx, string(p.Uplink)); err != nil {
		return err
	}
	r.sayHostGateway(p)
	r.groups.Check(ctx, p.Services)
	return nil
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
// shares. It returns the names of its own that others are on, which stay.
func (r *Runtime) RemoveNetworks(ctx context.Context) ([]string, error) {
	stay, err := sharing.Remove(ctx, r.dirs, r.net, r.project, r.notice)
	errs := []error{err}
	for _, n := range r.net.Networks() {
		if !n.Shared {
			errs = append(errs, r.net.RemoveNetwork(n.Name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return stay, err
	}
	return stay, r.saveNetworks(nil)
}

// RemoveNetwork removes one network, or leaves it if it is shared: what the project
// has made of these is made anew by EnsureNetworks, or removed with the rest.
func (r *Runtime) RemoveNetwork(_ context.Context, name string) error {
	return r.net.RemoveNetwork(name)
}
