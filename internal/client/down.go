package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
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
	list := e.provided(t, services)
	services, none := contained(services, list)
	if !none {
		if err := e.downContainers(ctx, t, o, services, len(list) > 0); err != nil {
			return err
		}
	}
	return e.unprovide(ctx, t, list, "down")
}

// downContainers is down of what is not provided; others: there is more to do.
func (e *Env) downContainers(ctx context.Context, t Target, o *DownOptions, services []string, others bool) error {
	down := &api.DownRequest{
		Services: services, Volumes: o.Volumes, RemoveOrphans: o.RemoveOrphans,
		Timeout: timeout(o.Timeout), Known: names(t.Project),
	}
	if o.Volumes {
		down.Left = e.volumesLeft(t.Project)
	}
	req := api.Request{Op: api.OpDown, Down: down}
	err := e.change(ctx, t.Name, req)
	if errors.Is(err, errUnknown) && len(down.Left) > 0 {
		return e.Demand(ctx, t.Name, req, e.Progress().Answer)
	}
	if errors.Is(err, errUnknown) && others {
		return nil
	}
	if errors.Is(err, errUnknown) {
		fmt.Fprintf(e.Stderr, "Warning: No resource found to remove for project %q.\n", t.Name)
		return nil
	}
	return err
}

// volumesLeft are the project's own volumes that exist. Other users of the
// container own what is in them, so only a supervisor can remove them.
func (e *Env) volumesLeft(p *project.Project) (left []project.Volume) {
	if p == nil {
		return nil
	}
	for _, v := range p.Volumes {
		if _, err := os.Lstat(filepath.Join(e.Dirs.Volumes(), v.Name)); err == nil && !v.External {
			left = append(left, v)
		}
	}
	return left
}
