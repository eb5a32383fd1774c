package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// Up brings a project, or the services named with their dependencies, up. In
// the foreground it stays until the containers have ended or the user stops
// them, and sees to signals itself; with -d, ctx ends it early.
func (e *Env) Up(ctx context.Context, t Target, o *UpOptions, services []string) error {
	if err := e.checkUp(ctx, t, o, services); err != nil {
		return err
	}
	e.Notices(t.Project.Notices)
	named := services
	services, none := contained(services, t.Project.ProvidersOf(nil, false))
	if none || len(t.Project.Services) == 0 {
		return e.provide(ctx, t, named, o.NoDeps)
	}
	watcher, err := e.prepareWatch(ctx, t, o, named)
	if err != nil {
		return err
	}
	defer watcher.Close()
	release, err := e.getImages(ctx, t.Project, o.images, o.NoDeps, services)
	if err != nil {
		return err
	}
	defer release()
	if err := e.provide(ctx, t, named, o.NoDeps); err != nil {
		return err
	}
	up, err := e.upRequest(t, o, services)
	if err != nil {
		return err
	}
	if err := e.Supervisors().Ensure(ctx, t.Name); err != nil {
		return err
	}
	req := api.Request{Op: api.OpUp, Up: up}
	if o.Detached() || e.Global.DryRun {
		p := e.Progress()
		return e.Demand(ctx, t.Name, req, p.Answer)
	}
	return e.attached(ctx, t, o, services, watcher, req)
}

// checkUp refuses what cannot be brought up, and puts the flags over what the file says.
func (e *Env) checkUp(ctx context.Context, t Target, o *UpOptions, services []string) error {
	if err := o.check(); err != nil {
		return err
	}
	if err := enabled(t.Project, services); err != nil {
		return err
	}
	if err := o.names(t.Project); err != nil {
		return err
	}
	if e.IgnoreOrphans() && e.RemoveOrphans(o.RemoveOrphans) {
		return errors.New("cannot combine COMPOSE_IGNORE_ORPHANS and --remove-orphans")
	}
	if err := scale(t.Project, o.Scale); err != nil {
		return err
	}
	if err := e.externals(ctx, t.Project); err != nil {
		return err
	}
	if err := e.externalVolumes(t.Project); err != nil {
		return err
	}
	uplink, err := e.uplink(o.uplink, t.Project.Uplink)
	if err != nil {
		return err
	}
	if uplink == "" && !o.keepUplink {
		uplink = project.UplinkRelay
	}
	t.Project.Uplink = uplink
	return o.Ports.Apply(e.Getenv, pointers(t.Project.Services)...)
}

// upRequest is what the supervisor is asked for, after a question to the user if a
// volume has changed.
func (e *Env) upRequest(t Target, o *UpOptions, services []string) (*api.UpRequest, error) {
	r := o.request(t.Project, services, e.RemoveOrphans(o.RemoveOrphans))
	r.IgnoreOrphans = e.IgnoreOrphans()
	if o.NoRecreate {
		return r, nil
	}
	selected, err := o.selected(t.Project, services)
	if err == nil {
		r.Discard, err = e.discard(t.Project, selected, o.Yes)
	}
	return r, err
}

// selected are the services that an up is about.
func (o *UpOptions) selected(p *project.Project, services []string) ([]string, error) {
	if o.NoDeps && len(services) > 0 {
		return services, nil
	}
	return p.WithDependencies(services)
}

func (o *UpOptions) request(p *project.Project, services []string, orphans bool) *api.UpRequest {
	r := &api.UpRequest{
		Project: p.WithoutBuilds(), Services: services, NoDeps: o.NoDeps, NoStart: o.NoStart, RemoveOrphans: orphans, RenewVolumes: o.RenewVolumes,
		Timeout: timeout(o.Timeout), Wait: o.Wait, WaitTimeout: time.Duration(o.WaitTimeout) * time.Second,
	}
	switch {
	case o.ForceRecreate:
		r.Recreate = api.RecreateForce
	case o.NoRecreate:
		r.Recreate = api.RecreateNever
	}
	if o.RecreateDeps {
		r.RecreateDeps = api.RecreateForce
	}
	return r
}

// RemoveOrphans is the flag, or the variable that stands for it.
func (e *Env) RemoveOrphans(flag bool) bool {
	if flag {
		return true
	}
	return e.flagged("COMPOSE_REMOVE_ORPHANS")
}

// IgnoreOrphans: containers whose service has left the file are not spoken of.
func (e *Env) IgnoreOrphans() bool { return e.flagged("COMPOSE_IGNORE_ORPHANS") }

// flagged reports a variable that is a truth value, and true.
func (e *Env) flagged(name string) bool {
	on, err := strconv.ParseBool(e.Getenv(name))
	return err == nil && on
}

func pointers(list []project.Service) (out []*project.Service) {
	for i := range list {
		out = append(out, &list[i])
	}
	return out
}

// enabled refuses services that the files do not have, or that a profile disables.
func enabled(p *project.Project, services []string) error {
	for _, s := range services {
		if slices.Contains(p.Disabled, s) {
			return fmt.Errorf("service %q is disabled: enable its profile with --profile", s)
		}
		if !defines(p, s) {
			return fmt.Errorf("no such service: %s", s)
		}
	}
	if len(p.Services) == 0 && len(p.Providers) == 0 {
		return errors.New("no service selected")
	}
	return nil
}

// names refuses flags that name a service which is not there.
func (o *UpOptions) names(p *project.Project) error {
	named := slices.Concat(o.Attach, o.NoAttach)
	if o.ExitCodeFrom != "" {
		named = append(named, o.ExitCodeFrom)
	}
	for _, s := range named {
		if !defines(p, s) {
			return fmt.Errorf("no such service: %s", s)
		}
	}
	return nil
}

// scale applies --scale SERVICE=N.
func scale(p *project.Project, scales []string) error {
	for _, s := range scales {
		name, number, ok := strings.Cut(s, "=")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 0 {
			return fmt.Errorf("invalid --scale option %q: use SERVICE=NUMBER", s)
		}
		i := slices.IndexFunc(p.Services, func(s project.Service) bool { return s.Name == name })
		if i < 0 {
			return fmt.Errorf("no such service: %s", name)
		}
		p.Services[i].Scale = n
	}
	return nil
}

// versionKey is of no use any more, which the loader's warnings say in docker's words.
const versionKey = "version"

// Notices says what of the file is not as written, once each.
func (e *Env) Notices(list []project.Notice) {
	list = slices.DeleteFunc(slices.Clone(list), func(n project.Notice) bool { return n.Key == versionKey })
	for _, line := range project.Told(list) {
		e.Warn(line)
	}
}
