package sharing

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/networks"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/project"
)

// joiner puts one project on its shared networks.
type joiner struct {
	store  *networks.Store
	dirs   state.Dirs
	stack  *netstack.Stack
	p      *project.Project
	notice func(string)
}

// Join puts a project on its external networks, which must exist, and on those of
// its own that others may join, which are made. It takes it off
// those of an earlier file on which none of its containers stands. Until it is on a
// network, that is not removed.
func Join(ctx context.Context, dirs state.Dirs, stack *netstack.Stack, p *project.Project, notice func(string)) error {
	j := joiner{networks.Open(dirs), dirs, stack, p, notice}
	wanted := map[string]bool{}
	for i := range p.Networks {
		n := &p.Networks[i]
		if !Shared(p, n) {
			continue
		}
		wanted[n.Name] = true
		if err := j.join(ctx, n); err != nil {
			return err
		}
	}
	for _, n := range stack.Networks() {
		if n.Shared && n.Endpoints == 0 && !wanted[n.Name] {
			if err := stack.RemoveNetwork(n.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Shared reports that other projects may be on a network of the file.
func Shared(p *project.Project, n *project.Network) bool {
	return n.External || networks.Joinable(p, n)
}

func (j joiner) join(ctx context.Context, n *project.Network) error {
	if !n.External {
		if err := j.ensure(ctx, n); err != nil {
			return err
		}
	}
	lock, def, err := j.hold(ctx, n)
	if err != nil {
		return err
	}
	defer lock.Close()
	settings, err := def.Settings()
	if err != nil {
		return fmt.Errorf("network %s: %w", n.Name, err)
	}
	spec := netstack.Network{
		Name: def.Name, NoIPv4: def.NoIPv4, IPv6: def.IPv6, Internal: def.Internal, Isolated: settings.Isolated,
		MTU: settings.MTU, Labels: def.Labels, Shared: true,
	}
	for _, pool := range def.Pools {
		spec.Subnets = append(spec.Subnets, netstack.Subnet(pool))
	}
	_, err = j.stack.EnsureNetwork(spec)
	return err
}

// hold is the definition of a network that exists, and the lock that keeps it.
func (j joiner) hold(ctx context.Context, n *project.Network) (*os.File, networks.Network, error) {
	lock, err := j.store.Hold(ctx)
	if err != nil {
		return nil, networks.Network{}, err
	}
	def, err := j.store.Get(n.Name)
	if err == nil {
		return lock, def, nil
	}
	lock.Close()
	var missing *networks.NotFoundError
	if errors.As(err, &missing) {
		err = fmt.Errorf("network %s declared as external, but could not be found: make it first with: mocker-compose network create %s", n.Name, n.Name)
	}
	return nil, def, err
}

// ensure makes the definition of a named network of the file. One that this project
// has made otherwise, and that nobody is on, is made anew.
func (j joiner) ensure(ctx context.Context, n *project.Network) error {
	want := networks.OfFile(j.p.Name, n)
	taken, err := netstack.HostRoutes()
	if err != nil {
		j.notice(fmt.Sprintf("network %s: the host's routes cannot be read (%v): the subnet may overlap with one", n.Name, err))
	}
	for _, o := range j.stack.Networks() {
		if o.Name != n.Name {
			taken = append(taken, slices.DeleteFunc([]netip.Prefix{o.Subnet, o.Subnet6}, func(p netip.Prefix) bool { return !p.IsValid() })...)
		}
	}
	have, err := j.store.Ensure(ctx, want, taken)
	if err != nil {
		return fmt.Errorf("network %s: %w", n.Name, err)
	}
	if have.Owner() != j.p.Name || want.Fits(&have) {
		return nil
	}
	for _, o := range j.stack.Networks() {
		if o.Name == n.Name && o.Endpoints == 0 {
			if err := j.stack.RemoveNetwork(o.Name); err != nil {
				return err
			}
		}
	}
	err = j.store.Remove(ctx, n.Name, func(name string) ([]string, error) { return Users(ctx, j.dirs, name) })
	var used *networks.InUseError
	if errors.As(err, &used) {
		return fmt.Errorf("network %s has other settings than the file, and is in use by %s: take that down first", n.Name, used.By())
	}
	if err == nil {
		_, err = j.store.Create(ctx, want, taken)
	}
	return err
}

// Remove takes a project off all networks that it shares, and removes those that it
// has made. It returns the names of these that stay because others are on them, of
// which notice is told.
func Remove(ctx context.Context, dirs state.Dirs, stack *netstack.Stack, owner string, notice func(string)) ([]string, error) {
	var errs []error
	for _, n := range stack.Networks() {
		if n.Shared {
			errs = append(errs, stack.RemoveNetwork(n.Name))
		}
	}
	store := networks.Open(dirs)
	owned, err := store.Owned(owner)
	errs = append(errs, err)
	var stay []string
	for i := range owned {
		name := owned[i].Name
		err := store.Remove(ctx, name, func(name string) ([]string, error) { return Users(ctx, dirs, name) })
		var used *networks.InUseError
		switch {
		case err == nil:
		case errors.As(err, &used):
			stay = append(stay, name)
			notice(fmt.Sprintf("network %s is still in use by %s and stays; to remove it later: mocker-compose network rm %s", name, used.By(), name))
		default:
			errs = append(errs, err)
		}
	}
	return stay, errors.Join(errs...)
}
