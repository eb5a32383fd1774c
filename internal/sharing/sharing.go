// Package sharing is where the networks that projects share (netstack) meet their
// definitions (networks), their holders (rootless) and who asks about them (api).
package sharing

import (
	"context"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/netstack/commons"
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
