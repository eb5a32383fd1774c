package logincmd

import (
	"context"
	"fmt"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/registry/credentials"
	"github.com/mocker-compose/mocker-compose/internal/registry/login"
)

// Logout forgets what is kept for a registry. server "" is docker.io. As with
// docker, what a helper did not do is a warning.
func Logout(ctx context.Context, e *client.Env, server string) error {
	store, err := login.Open(e.Getenv)
	if err != nil {
		return err
	}
	l := &session{Env: e, store: store, server: login.Server(server)}
	if e.Global.DryRun {
		e.RehearseWith("Credentials", l.server, "Removing", "Removed", "of "+store.Path())
		return nil
	}
	e.Println("Removing login credentials for", l.server)
	if err := store.Erase(ctx, l.server); err != nil {
		fmt.Fprintf(e.Stderr, "WARNING: could not erase credentials:\n%v\n", err)
		return nil
	}
	if c, _ := credentials.New(e.Getenv, nil).For(ctx, l.host(), ""); !c.Empty() {
		e.Warn(fmt.Sprintf("%s still has credentials for %s, which pulls use: podman logout %s", c.From, l.host(), l.host()))
	}
	return nil
}
