package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/networks"
	"github.com/mocker-compose/mocker-compose/project"
)

// Networks are those of all running projects, their own and the external ones
// that they are on: of those, each project tells its own containers. A project
// that cannot be asked is said and left out.
func (e *Env) Networks(ctx context.Context) ([]api.Network, error) {
	names, err := e.projects()
	if err != nil {
		return nil, err
	}
	var all []api.Network
	for _, name := range names {
		err := e.Call(ctx, name, api.Request{Op: api.OpNetworks}, func(a *api.Answer) error {
			all = append(all, a.Networks...)
			return nil
		})
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && !errors.Is(err, errNotRunning):
			e.Warn(fmt.Sprintf("project %s: its networks are not known: %v", name, err))
		}
	}
	return all, nil
}

// externals refuses a file whose external networks do not exist, or that calls one
// of its own as such a one is called, before anything is changed. Its networks
// are those that services use.
func (e *Env) externals(p *project.Project) error {
	store := networks.Open(e.Dirs)
	for _, n := range p.Networks {
		_, err := store.Get(n.Name)
		var missing *networks.NotFoundError
		switch absent := errors.As(err, &missing); {
		case absent && n.External:
			return &ExitError{
				Code: 1, Err: fmt.Errorf("%snetwork %s declared as external, but could not be found", position(n.Source), n.Name),
				Hint: "make it first with: mocker-compose network create " + n.Name,
			}
		case err == nil && !n.External:
			return &ExitError{
				Code: 1, Err: fmt.Errorf("%sa network with name %s exists but was not created by compose", position(n.Source), n.Name),
				Hint: "set `external: true` to use the existing network, or give this one another name",
			}
		case err != nil && !absent:
			return err
		}
	}
	return nil
}

// position is "FILE:LINE: ", with the file as seen from here if it is below.
func position(at project.Position) string {
	if at.File == "" {
		return ""
	}
	file := at.File
	if dir, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
			file = rel
		}
	}
	return fmt.Sprintf("%s:%d: ", file, at.Line)
}
