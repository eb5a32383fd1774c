package imageprep

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/progress"
	"github.com/mocker-compose/mocker-compose/project"
)

// PullOptions are the flags of pull.
type PullOptions struct {
	Policy                          string
	IgnoreBuildable, IgnoreFailures bool
	IncludeDeps, Quiet              bool
}

// Register defines the flags in fs.
func (o *PullOptions) Register(fs *pflag.FlagSet) {
	fs.StringVar(&o.Policy, "policy", "", "apply a pull `POLICY`: missing, always")
	fs.BoolVar(&o.IgnoreBuildable, "ignore-buildable", false, "leave out images that can be built")
	fs.BoolVar(&o.IgnoreFailures, "ignore-pull-failures", false, "pull what can be pulled, and ignore what cannot")
	fs.BoolVar(&o.IncludeDeps, "include-deps", false, "pull the images of dependencies too")
	fs.BoolVarP(&o.Quiet, "quiet", "q", false, "print no progress")
	inert(fs, "parallel", "no-parallel")
}

// inert defines flags that docker compose has and that change nothing.
func inert(fs *pflag.FlagSet, names ...string) {
	for _, name := range names {
		fs.Bool(name, true, "")
		_ = fs.MarkHidden(name) // fails only for a flag that does not exist
	}
}

// selected are the services named, or all; with deps what they depend on too.
func selected(p *project.Project, names []string, deps bool) ([]*project.Service, error) {
	all, err := p.WithDependencies(names)
	if err != nil {
		return nil, err
	}
	if deps || len(names) == 0 {
		return chosen(p, all), nil
	}
	slices.Sort(names)
	return chosen(p, slices.Compact(names)), nil
}

// Pull pulls the images of services.
func Pull(ctx context.Context, e *client.Env, p *project.Project, o *PullOptions, names []string) error {
	if o.Policy != "" {
		policy, err := project.ParsePullPolicy(o.Policy, "")
		if err != nil {
			return fmt.Errorf("invalid --policy option: %w", err)
		}
		for i := range p.Services {
			p.Services[i].Pull = policy
		}
	}
	services, err := selected(p, names, o.IncludeDeps)
	if err != nil {
		return err
	}
	if o.Quiet {
		e.Global.Progress = string(progress.Quiet)
	}
	have, err := look(e)
	if err != nil {
		return err
	}
	if err := takeOver(ctx, e, have.store, live(services)); err != nil && !o.IgnoreFailures {
		return err
	}
	var list []wanted
	for _, s := range services {
		if src, err := imageref.ParseSource(s.Image); err == nil && src.Live() {
			continue
		}
		fallback := e.Getenv("DOCKER_DEFAULT_PLATFORM")
		if id, why, skip := o.skips(s, have, platformOf(s, fallback)); skip {
			e.Display().On(progress.Event{ID: id, Status: progress.Done, Text: "Skipped", Details: why})
			continue
		}
		list = want(list, services, s, fallback)
	}
	failed, err := newFetcher(e, have, o.Quiet).all(ctx, list, o.IgnoreFailures)
	e.Settle()
	if build := toMake(services, failed); len(build) > 0 {
		e.Warn("Some service image(s) must be built from source by running:\n    mocker-compose build " + strings.Join(build, " "))
	}
	if err != nil || o.IgnoreFailures {
		return err
	}
	return joined(failed)
}

// skips says what is not pulled, and why.
func (o *PullOptions) skips(s *project.Service, have stock, platform string) (id, why string, skip bool) {
	if !pullable(s) {
		id = s.Name
		if s.Image != "" && (s.Build == nil || s.Build.Named) {
			id = "Image " + s.Image
		}
		return id, "No image to be pulled", true
	}
	id = "Image " + s.Image
	if why, skip = held(s, have, platform); skip {
		return id, why, true
	}
	if s.Build != nil && o.IgnoreBuildable {
		return id, "Image can be built", true
	}
	return id, "", false
}

// toMake are the services whose images could not be pulled and can be built.
func toMake(services []*project.Service, failed map[string]error) (names []string) {
	for _, s := range services {
		if s.Build != nil && failed[s.Image] != nil {
			names = append(names, s.Name)
		}
	}
	return names
}
