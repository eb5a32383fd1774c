package imagecmd

import (
	"context"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/rootless"
)

// Open opens the user's store, for a process outside of the user namespace.
func Open(e *client.Env) (*image.Store, error) {
	s, err := image.Open(e.Dirs.Images())
	if err != nil {
		return nil, err
	}
	s.Start = func(ctx context.Context, args []string, stdio [3]*os.File, isolated bool) (int, error) {
		return rootless.RunRoleInside(ctx, e.Dirs, args, stdio, isolated, e.Warn)
	}
	return s, nil
}
