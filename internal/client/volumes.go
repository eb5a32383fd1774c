package client

import (
	"context"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/volumes"
)

// ProjectVolumes are the named volumes of a project that exist; with services,
// those that their containers use.
func (e *Env) ProjectVolumes(ctx context.Context, t Target, services []string) ([]volumes.Volume, error) {
	store := volumes.Open(e.Dirs)
	own, err := store.Own(t.Name)
	if err != nil || len(services) == 0 {
		return own, err
	}
	cs, err := e.Containers(ctx, t.Name, false)
	if err != nil {
		return nil, err
	}
	if err := UnknownService(t, cs, services); err != nil {
		return nil, err
	}
	var used []string
	for i := range cs {
		if slices.Contains(services, cs[i].Service) {
			used = append(used, store.Uses(t.Name, cs[i].Name)...)
		}
	}
	return slices.DeleteFunc(own, func(v volumes.Volume) bool { return !slices.Contains(used, v.Name) }), nil
}
