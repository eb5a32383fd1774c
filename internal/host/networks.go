package host

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/host/netspec"
	"github.com/mocker-compose/mocker-compose/internal/sharing"
	"github.com/mocker-compose/mocker-compose/project"
)

// EnsureNetworks makes the project's networks that do not exist, and their way out.
func (r *Runtime) EnsureNetworks(ctx context.Context, p *project.Project) error {
	if err := sharing.Join(ctx, r.dirs, r.net, p, r.notice); err != nil {
		return err
	}
	for _, n := range p.Networks {
		if !sharing.Shared(p, &n) {
			if _, err := r.net.EnsureNetwork(netspec.Network(n)); err != nil {
				return err
			}
		}
	}
	if err := r.networksRecord().Add(slices.Clone(p.Networks)); err != nil {
		return err
	}
	if err := r.uplink.Ensure(ctx, string(p.Uplink)); err != nil {
		return err
	}
	r.sayHostGateway(p)
	r.groups.Check(ctx, p.Services)
	return nil
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
	return stay, r.networksRecord().Save(nil)
}

// RemoveNetwork removes one network, or leaves it if it is shared: what the project
// has made of these is made anew by EnsureNetworks, or removed with the rest.
func (r *Runtime) RemoveNetwork(_ context.Context, name string) error {
	return r.net.RemoveNetwork(name)
}

// networksName is the name of the networks' record. No container's name begins so.
const networksName = ".networks.json"

func (r *Runtime) networksRecord() netspec.Record {
	return netspec.Record{Path: r.scratchPath(networksName)}
}

// adoptNetworks gives the networks that an earlier supervisor made what the kernel
// does not tell of them.
func (r *Runtime) adoptNetworks() {
	known, err := r.networksRecord().Load()
	if err != nil {
		r.report(fmt.Sprintf("the record of the networks cannot be read (%v): addresses come from all of their subnets until the next up", err))
		return
	}
	for _, n := range known {
		if n.External {
			continue // what others share tells of itself
		}
		if err := r.net.AdoptNetwork(netspec.Network(n)); err != nil {
			r.report(err.Error())
		}
	}
}
