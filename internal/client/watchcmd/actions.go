package watchcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/copycmd"
	"github.com/mocker-compose/mocker-compose/internal/client/execcmd"
	"github.com/mocker-compose/mocker-compose/internal/client/imageprep"
	"github.com/mocker-compose/mocker-compose/internal/watch"
	"github.com/mocker-compose/mocker-compose/project"
)

// actions are watch.Actions on the containers of a project.
type actions struct {
	env   *client.Env
	setup client.WatchSetup

	building sync.Mutex // one build at a time: what they print is read
	mu       sync.Mutex
	prune    map[string]func(context.Context) error // by service, after its build
}

// Containers implements watch.Actions.
func (a *actions) Containers(ctx context.Context, service string) (list []watch.Container, err error) {
	all, err := a.env.Containers(ctx, a.setup.Target.Name, false)
	if err != nil {
		return nil, err
	}
	for i := range all {
		c := &all[i]
		if c.Service != service || c.OneOff {
			continue
		}
		list = append(list, watch.Container{
			ID: c.ID, Name: c.Name, Running: c.State == "running" || c.State == "paused",
			Stopped: c.State == "exited" && strings.HasPrefix(c.Reason, "stopped"),
		})
	}
	return list, nil
}

// Sync implements watch.Actions.
func (a *actions) Sync(ctx context.Context, c watch.Container, r *watch.Rule, paths []string) error {
	below := slices.Clone(paths)
	if i := slices.Index(below, "."); i >= 0 {
		below = slices.Delete(below, i, i+1)
		if err := a.single(ctx, c, r); err != nil {
			return err
		}
	}
	if len(below) == 0 {
		return nil
	}
	return a.send(ctx, c, r.Target, &bundle{dir: r.Path, names: below})
}

// single copies the rule's path itself, which is a file: its target is its name, or a
// directory that it goes into.
func (a *actions) single(ctx context.Context, c watch.Container, r *watch.Rule) error {
	name := filepath.Base(r.Path)
	dir, as := path.Dir(r.Target), path.Base(r.Target)
	if strings.HasSuffix(r.Target, "/") {
		dir, as = r.Target, name
	}
	return a.send(ctx, c, dir, &bundle{dir: filepath.Dir(r.Path), names: []string{name}, as: map[string]string{name: as}})
}

func (a *actions) send(ctx context.Context, c watch.Container, to string, b *bundle) error {
	req := &api.CopyRequest{Container: c.Name, In: true, Path: to, Archive: true, Mirror: true}
	return copycmd.Stream(ctx, a.env, a.setup.Target.Name, req, func(w io.Writer) error { return b.pack(ctx, w) })
}

// Build implements watch.Actions.
func (a *actions) Build(ctx context.Context, service string) error {
	a.building.Lock()
	defer a.building.Unlock()
	return a.aside(a.setup.Say, a.setup.Quiet, func(e *client.Env) error {
		prune, err := imageprep.Rebuild(ctx, e, a.setup.Target.Project, service, a.setup.Quiet)
		if err == nil && a.setup.Prune {
			a.mu.Lock()
			a.prune[service] = prune
			a.mu.Unlock()
		}
		return err
	})
}

// Replace implements watch.Actions.
func (a *actions) Replace(ctx context.Context, service string) (replaced bool, err error) {
	was, err := a.Containers(ctx, service)
	if err != nil {
		return false, err
	}
	err = a.aside(a.setup.Say, true, func(e *client.Env) error {
		return e.Renew(ctx, a.setup.Target, a.setup.Up, service)
	})
	if err != nil {
		return false, err
	}
	a.mu.Lock()
	prune := a.prune[service]
	delete(a.prune, service)
	a.mu.Unlock()
	if prune != nil {
		if err := prune(ctx); err != nil && ctx.Err() == nil {
			a.setup.Say(fmt.Sprintf("The image that service %q had before was not removed: %v", service, err))
		}
	}
	is, err := a.Containers(ctx, service)
	return len(is) > 0 && !slices.ContainsFunc(is, func(c watch.Container) bool {
		return slices.ContainsFunc(was, func(o watch.Container) bool { return o.ID == c.ID })
	}), err
}

// Restart implements watch.Actions.
func (a *actions) Restart(ctx context.Context, service string) error {
	return a.aside(a.setup.Say, true, func(e *client.Env) error {
		return e.Restart(ctx, a.setup.Target, &client.RestartOptions{Timeout: -1}, []string{service})
	})
}

// Exec implements watch.Actions.
func (a *actions) Exec(ctx context.Context, c watch.Container, r *watch.Rule) (code int, err error) {
	number := 0
	all, err := a.env.Containers(ctx, a.setup.Target.Name, false)
	if err != nil {
		return 0, err
	}
	for i := range all {
		if all[i].ID == c.ID {
			number = all[i].Number
		}
	}
	if number == 0 {
		return 0, errors.New("it is not there any more")
	}
	h := r.Exec
	o := &execcmd.Options{NoTTY: true, Index: number, User: h.User, WorkingDir: h.WorkingDir, Privileged: h.Privileged, Env: h.Environment}
	err = a.aside(a.setup.Print, true, func(e *client.Env) error {
		return execcmd.Exec(ctx, e, client.Target{Name: a.setup.Target.Name}, o, r.Service, h.Command)
	})
	var exit *client.ExitError
	if errors.As(err, &exit) && exit.Err == nil {
		return exit.Code, nil
	}
	return 0, err
}

// rebuilds: the service has a rule that builds.
func rebuilds(s *project.Service) bool {
	return s.Build != nil && len(s.Watch) > 0
}
