package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// DownOptions are the flags of down.
type DownOptions struct {
	Volumes, RemoveOrphans bool
	Timeout                int
}

// Register defines the flags in fs.
func (o *DownOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Volumes, "volumes", "v", false, "remove named volumes of the file, and anonymous ones")
	fs.BoolVar(&o.RemoveOrphans, "remove-orphans", false, "remove containers whose service left the file")
	timeoutFlag(fs, &o.Timeout)
}

// Down stops and removes what up has made. A project that does not exist is
// down already.
func (e *Env) Down(ctx context.Context, t Target, o *DownOptions, services []string) error {
	if err := e.check(ctx, t, services); err != nil {
		return err
	}
	err := e.change(ctx, t.Name, api.Request{Op: api.OpDown, Down: &api.DownRequest{
		Services: services, Volumes: o.Volumes, RemoveOrphans: o.RemoveOrphans,
		Timeout: timeout(o.Timeout), Known: names(t.Project),
	}})
	if errors.Is(err, errUnknown) {
		fmt.Fprintf(e.Stderr, "Warning: No resource found to remove for project %q.\n", t.Name)
		return nil
	}
	return err
}
