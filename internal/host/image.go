package host

import (
	"context"

	"github.com/mocker-compose/mocker-compose/internal/host/images"
	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/project"
)

func (r *Runtime) finder() *images.Finder {
	return &images.Finder{Store: r.store, Notice: r.notice}
}

// Images implements supervisor.Runtime.
func (r *Runtime) Images(ctx context.Context, services []project.Service, say func(name, status string)) (imageconfig.Set, error) {
	found, err := r.finder().All(ctx, services, say)
	if err == nil {
		err = r.prepareOwn(ctx, services, found, say)
	}
	return found, err
}
