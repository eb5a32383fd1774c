package host

import (
	"context"

	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/project"
)

// Images implements supervisor.Runtime.
func (r *Runtime) Images(ctx context.Context, services []project.Service, say func(name, status string)) (imageconfig.Set, error) {
	found, err := r.roots.Finder().All(ctx, services, say)
	if err == nil {
		err = r.prepareOwn(ctx, services, found, say)
	}
	return found, err
}
