package providers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/mocker-compose/mocker-compose/project"
)

// Up runs up of the providers that the services need (project.ProvidersOf) and gives
// the services, and others of their names, what they set. Those that do not depend on each other run at the same
// time. The model is changed only if all succeed.
func (r *Runner) Up(ctx context.Context, p *project.Project, services []string, deps bool, others ...*project.Service) error {
	list := p.ProvidersOf(services, deps)
	set := map[string]*variables{}
	for len(list) > 0 {
		ready, later := split(list)
		vars, err := r.together(ctx, ready, "up")
		if err != nil {
			return err
		}
		for name, v := range vars {
			set[name] = v
		}
		list = later
	}
	for _, of := range p.ProvidersOf(nil, false) {
		if v := set[of.Service]; v != nil {
			r.inject(p, of, v, others)
		}
	}
	return nil
}

// Down runs a verb, "down" or "stop", of providers, each before those that it depends
// on. All are tried.
func (r *Runner) Down(ctx context.Context, list []*project.Provider, verb string) error {
	var errs []error
	for _, p := range slices.Backward(list) {
		if _, err := r.run(ctx, p, verb); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// split takes those out that depend on none of the others.
func split(list []*project.Provider) (ready, later []*project.Provider) {
	open := map[string]bool{}
	for _, p := range list {
		open[p.Service] = true
	}
	for _, p := range list {
		if slices.ContainsFunc(p.DependsOn, func(d string) bool { return open[d] }) {
			later = append(later, p)
		} else {
			ready = append(ready, p)
		}
	}
	return ready, later
}

// together runs providers at the same time; the first failure ends the others.
func (r *Runner) together(ctx context.Context, list []*project.Provider, verb string) (map[string]*variables, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	var mu sync.Mutex
	out, first := map[string]*variables{}, error(nil)
	for _, p := range list {
		all.Go(func() {
			vars, err := r.run(ctx, p, verb)
			mu.Lock()
			defer mu.Unlock()
			if out[p.Service] = vars; err != nil && first == nil {
				first = err
				cancel(err)
			}
		})
	}
	all.Wait()
	return out, first
}

// inject gives the services that depend on a provider what it has set.
func (r *Runner) inject(p *project.Project, of *project.Provider, vars *variables, others []*project.Service) {
	for i := range p.Services {
		others = append(slices.Clip(others), &p.Services[i])
	}
	for _, s := range others {
		if !slices.Contains(of.For, s.Name) {
			continue
		}
		for key, value := range vars.prefixed {
			s.SetVariable(project.VariableOf(of.Service, key), value)
		}
		for key, value := range vars.raw {
			if old, was := s.SetVariable(key, value); was && old != value {
				r.Warn(fmt.Sprintf("provider %q overrides environment variable %q in service %q", of.Service, key, s.Name))
			}
		}
	}
}
