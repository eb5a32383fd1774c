package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
	"github.com/mocker-compose/mocker-compose/internal/networks"
	"github.com/mocker-compose/mocker-compose/internal/sharing"
	"github.com/mocker-compose/mocker-compose/project"
)

// Networks are those of all running projects, their own and the external ones
// that they are on: of those, each project tells its own containers. A project
// that cannot be asked is said and left out.
func (e *Env) Networks(ctx context.Context) ([]api.Network, error) {
	names, err := e.Projects()
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
		case err != nil && !errors.Is(err, reach.ErrNotRunning):
			e.Warn(fmt.Sprintf("project %s: its networks are not known: %v", name, err))
		}
	}
	return all, nil
}

// externals refuses a file whose external networks do not exist, or that calls one
// of its own as a network that it has not made, before anything is changed. The
// file then knows what its external networks are like.
func (e *Env) externals(ctx context.Context, p *project.Project) error {
	store := networks.Open(e.Dirs)
	for i := range p.Networks {
		n := &p.Networks[i]
		def, err := store.Get(n.Name)
		var missing *networks.NotFoundError
		switch absent := errors.As(err, &missing); {
		case absent && n.External:
			return e.notFound(ctx, n)
		case err != nil && !absent:
			return err
		case err == nil && n.External:
			n.Internal = def.Internal
		case err == nil:
			if err := e.compareOwner(ctx, p, n, &def); err != nil {
				return err
			}
		}
	}
	return nil
}

// notFound says how to get a network that is to be external.
func (e *Env) notFound(ctx context.Context, n *project.Network) error {
	out := &ExitError{
		Code: 1, Err: fmt.Errorf("%snetwork %s declared as external, but could not be found", Position(n.Source), n.Name),
		Hint: "make it first with: mocker-compose network create " + n.Name,
	}
	if n.Name == "bridge" { // which docker has from the start, and nobody can make
		out.Hint = "leave it out of the file: services without networks are on the project's own, default"
		return out
	}
	running, err := e.Networks(ctx)
	if err != nil {
		return out
	}
	for _, o := range running {
		if o.Name == n.Name && o.Project != "" {
			out.Hint = fmt.Sprintf("project %s has it for itself: write `attachable: true` for it in its file, take that project down and up", o.Project)
		}
	}
	return out
}

// compareOwner compares a named network of a file with the one of that name.
func (e *Env) compareOwner(ctx context.Context, p *project.Project, n *project.Network, def *networks.Network) error {
	const hint = "set `external: true` to use an existing network"
	if key := def.Labels[networks.LabelKey]; key != n.Key {
		return &ExitError{
			Code: 1, Err: fmt.Errorf("%snetwork %s was found but has incorrect label %s set to %q (expected: %q)", Position(n.Source), n.Name, networks.LabelKey, key, n.Key),
			Hint: hint + ", or give this one another name",
		}
	}
	if def.Owner() != p.Name {
		e.Warn(fmt.Sprintf("a network with name %s exists but was not created for project %q: %s", n.Name, p.Name, hint))
		return nil
	}
	if networks.OfFile(p.Name, n).Fits(def) {
		return nil
	}
	users, err := sharing.Users(ctx, e.Dirs, n.Name)
	if users = slices.DeleteFunc(users, func(u string) bool { return u == p.Name }); len(users) > 0 {
		return &ExitError{
			Code: 1, Err: fmt.Errorf("%snetwork %s differs from the one that %s is on", Position(n.Source), n.Name, strings.Join(users, ", ")),
			Hint: "take that down first, or leave the network as it was",
		}
	}
	return err
}

// Position is "FILE:LINE: ", with the file as seen from here if it is below.
func Position(at project.Position) string {
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
