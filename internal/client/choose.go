package client

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// IsUp reports that a container has processes.
func IsUp(c *api.Container) bool { return c.State == "running" || c.State == "paused" }

// Alive reports that a container has not ended for good.
func Alive(c api.Container) bool {
	return c.State == "running" || c.State == "restarting" || c.State == "paused"
}

// AnyState accepts a container in every state.
func AnyState(*api.Container) bool { return true }

// Replicas are the containers of a service that the condition accepts, by their
// numbers, those that run made last, if they are wanted; with index > 0 only the one
// with that number. None is an error.
func (e *Env) Replicas(ctx context.Context, t Target, service string, index int, oneOffs bool, ok func(*api.Container) bool) ([]api.Container, error) {
	all, err := e.Containers(ctx, t.Name, false)
	if err != nil {
		return nil, err
	}
	if err := UnknownService(t, all, []string{service}); err != nil {
		return nil, err
	}
	var out []api.Container
	for _, c := range all {
		if c.Service == service && (index == 0 || c.Number == index) && (!c.OneOff || oneOffs) && ok(&c) {
			out = append(out, c)
		}
	}
	switch {
	case len(out) > 0:
		slices.SortFunc(out, func(a, b api.Container) int {
			if a.OneOff != b.OneOff {
				return map[bool]int{false: -1, true: 1}[a.OneOff]
			}
			return cmp.Compare(a.Number, b.Number)
		})
		return out, nil
	case index > 0:
		return nil, fmt.Errorf("service %q is not running container #%d", service, index)
	}
	return nil, &ExitError{Code: 1, Err: fmt.Errorf("no container found for service %q", service),
		Hint: "start it with: mocker-compose up -d " + service}
}

// Replica is a container of a service that the condition accepts: the first one, or
// that with the number index.
func (e *Env) Replica(ctx context.Context, t Target, service string, index int, ok func(*api.Container) bool) (api.Container, error) {
	cs, err := e.Replicas(ctx, t, service, index, false, ok)
	if err != nil {
		return api.Container{}, err
	}
	return cs[0], nil
}

// Running is the container of a service that runs, of cs: the first one, or that with
// the number index.
func Running(cs []api.Container, service string, index int) (api.Container, error) {
	var found []api.Container
	for _, c := range cs {
		if c.Service == service && c.State == "running" && !c.OneOff && (index == 0 || c.Number == index) {
			found = append(found, c)
		}
	}
	switch {
	case len(found) > 0:
		return slices.MinFunc(found, func(a, b api.Container) int { return cmp.Compare(a.Number, b.Number) }), nil
	case index > 0:
		return api.Container{}, fmt.Errorf("service %q is not running container #%d", service, index)
	}
	return api.Container{}, &ExitError{Code: 1, Err: fmt.Errorf("service %q is not running", service), Hint: "start it with: mocker-compose up -d " + service}
}

// OfServices are the containers of the services (none named: of all), sorted by
// name, that the condition accepts; with their labels, if wanted.
func (e *Env) OfServices(ctx context.Context, t Target, services []string, labels bool, ok func(*api.Container) bool) ([]api.Container, error) {
	all, err := e.Containers(ctx, t.Name, labels)
	if err != nil {
		return nil, err
	}
	if err := UnknownService(t, all, services); err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(c api.Container) bool {
		return !chosen(&c, services) || !ok(&c)
	})
	slices.SortFunc(all, func(a, b api.Container) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}
