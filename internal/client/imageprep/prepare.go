package imageprep

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/building"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/project"
)

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// steps are those of a service's pre_start that have another image than the service.
func steps(s *project.Service) (list []*project.Service) {
	for _, step := range s.Steps() {
		if step.Image != s.Image {
			list = append(list, &step)
		}
	}
	return list
}

// chosen are services by name, with the steps before them.
func chosen(p *project.Project, names []string) (list []*project.Service) {
	for _, name := range names {
		if s, ok := p.Service(name); ok {
			list = append(append(list, s), steps(s)...)
		}
	}
	return list
}

// Prepare gets the images of services for up, create and run, and keeps them from
// being pruned until what it returns is called: the supervisor takes them into use
// later. It is what client.GetImages is set to.
func Prepare(ctx context.Context, e *client.Env, p *project.Project, names []string, o client.Imaging) (release func(), err error) {
	override(p, o)
	services := chosen(p, names)
	if !slices.ContainsFunc(services, concerned) {
		return func() {}, nil
	}
	have, err := look(e)
	if err != nil {
		return nil, err
	}
	if err := takeOver(ctx, e, have.store, live(services)); err != nil {
		return nil, err
	}
	keep := newKeeper(ctx, have.store)
	var failed map[string]error
	for range attempts {
		if failed, err = get(ctx, e, have, p, names, o); err != nil {
			keep.release()
			return nil, err
		}
		if !keep.lost(ctx, have, services, failed, o) {
			break
		}
		if err := have.again(); err != nil {
			keep.release()
			return nil, err
		}
	}
	if err := joined(absent(services, have, failed)); err != nil {
		keep.release()
		return nil, err
	}
	return keep.release, nil
}

// get pulls and builds what is missing or due. failed are the pulls that others make
// up for, or have to.
func get(ctx context.Context, e *client.Env, have *shelf, p *project.Project, names []string, o client.Imaging) (failed map[string]error, err error) {
	services := chosen(p, names)
	fallback := e.Getenv("DOCKER_DEFAULT_PLATFORM")
	list := toPull(services, have, fallback, time.Now())
	if len(list) > 0 {
		if failed, err = newFetcher(e, have, o.QuietPull).all(ctx, list, false); err == nil {
			err = have.again()
		}
		if err != nil {
			return nil, without(have, list, err)
		}
	}
	if names := toBuild(services, have, fallback); o.NoBuild {
		if err := unbuilt(chosen(p, names), have, failed); err != nil {
			return nil, err
		}
	} else if len(names) > 0 {
		if _, err := build(ctx, e, have, p, names, building.Options{Quiet: o.QuietBuild}); err != nil {
			return nil, err
		}
		for _, s := range chosen(p, names) {
			delete(failed, s.Image) // it was made up for
		}
		if err := have.again(); err != nil {
			return nil, err
		}
	}
	return failed, nil
}

// concerned: the service has an image that may have to be got.
func concerned(s *project.Service) bool {
	return s.Build != nil || pullable(s) || imageref.IsSource(s.Image) || slices.ContainsFunc(s.Mounts, func(m project.Mount) bool { return m.Type == project.MountImage })
}

// absent are the pulls that failed and were not made up for by a build. Images that
// nobody was to get are the supervisor's to miss.
func absent(services []*project.Service, have stock, failed map[string]error) map[string]error {
	out := map[string]error{}
	for _, s := range services {
		if err := failed[s.Image]; err != nil {
			if _, ok := have.has(s.Image, ""); !ok {
				out[s.Image] = err
			}
		}
	}
	return out
}
