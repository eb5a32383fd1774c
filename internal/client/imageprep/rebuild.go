package imageprep

import (
	"context"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/building"
	"github.com/mocker-compose/mocker-compose/internal/client/imagecmd"
	"github.com/mocker-compose/mocker-compose/project"
)

// Rebuild builds the image of one service anew, which costs nothing where nothing
// changed. prune removes the image that had its name before, if it has no other name and
// no container uses it: it is for when the containers are replaced.
func Rebuild(ctx context.Context, e *client.Env, p *project.Project, service string, quiet bool) (prune func(context.Context) error, err error) {
	have, err := look(e)
	if err != nil {
		return nil, err
	}
	nothing := func(context.Context) error { return nil }
	s, ok := p.Service(service)
	if !ok {
		return nothing, nil
	}
	was, had := have.has(s.Image, "")
	built, err := build(ctx, e, have, p, []string{service}, building.Options{Quiet: quiet})
	if err != nil {
		return nil, err
	}
	if is, ok := built[service]; !had || !ok || is.ID == was.ID {
		return nothing, nil
	}
	return func(ctx context.Context) error { return imagecmd.DropUnnamed(ctx, have.store, was.ID) }, nil
}
