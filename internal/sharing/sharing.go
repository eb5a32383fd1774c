// Package sharing is where the networks that projects share (netstack) meet their
// definitions (networks), their holders (rootless) and who asks about them (api).
package sharing

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/networks"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/netstack/commons"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless"
)

// Of is how a project's network meets those of the user's other projects.
func Of(dirs state.Dirs, name string) commons.Sharing {
	return commons.Sharing{
		Project: name, Registry: commons.Open(dirs.Run),
		Borrow: func(project, name string) (*os.File, bool, error) {
			files, lives, err := rootless.Borrow(context.Background(), dirs, project, name)
			return files[name], lives, err
		},
		Death: func(ctx context.Context, project string) <-chan struct{} {
			return rootless.HolderDeath(ctx, dirs, project)
		},
	}
}

// Users are the projects that are on a network, or cannot be asked.
func Users(ctx context.Context, dirs state.Dirs, network string) ([]string, error) {
	c := Of(dirs, "")
	return c.Registry.Users(ctx, network, func(project string) bool { return c.IsOn(network, project) })
}

// Leave takes a project that has ended off all networks that it shared, and with it
// others that have died there.
func Leave(dirs state.Dirs, project string) error {
	c := Of(dirs, project)
	return c.Registry.Leave(context.Background(), project, c.IsOn)
}

// Join puts a project on its external networks, which must exist, and takes it off
// those of an earlier file on which none of its containers stands. Until it is on a
// network, that is not removed.
func Join(ctx context.Context, dirs state.Dirs, stack *netstack.Stack, p *project.Project) error {
	wanted := map[string]bool{}
	for _, n := range p.Networks {
		if !n.External {
			continue
		}
		wanted[n.Name] = true
		if err := join(ctx, networks.Open(dirs), stack, n.Name); err != nil {
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

func join(ctx context.Context, store *networks.Store, stack *netstack.Stack, name string) error {
	lock, err := store.Hold(ctx)
	if err != nil {
		return err
	}
	defer lock.Close()
	def, err := store.Get(name)
	var missing *networks.NotFoundError
	if errors.As(err, &missing) {
		return fmt.Errorf("network %s declared as external, but could not be found: make it first with: mocker-compose network create %s", name, name)
	}
	if err != nil {
		return err
	}
	settings, err := def.Settings()
	if err != nil {
		return fmt.Errorf("network %s: %w", name, err)
	}
	spec := netstack.Network{
		Name: def.Name, NoIPv4: def.NoIPv4, IPv6: def.IPv6, Internal: def.Internal, Isolated: settings.Isolated,
		MTU: settings.MTU, Labels: def.Labels, Shared: true,
	}
	for _, pool := range def.Pools {
		spec.Subnets = append(spec.Subnets, netstack.Subnet(pool))
	}
	_, err = stack.EnsureNetwork(spec)
	return err
}
