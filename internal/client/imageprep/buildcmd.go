package imageprep

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/building"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/progress"
	"github.com/mocker-compose/mocker-compose/project"
)

// BuildOptions are the flags of build.
type BuildOptions struct {
	Args                                        []string
	NoCache, Pull, Push, Deps, Print, Check     bool
	Quiet                                       bool
	SSH                                         string
	Builder, Memory, Provenance, SBOM, Progress string
	changed                                     func(string) bool
}

// Register defines the flags in fs.
func (o *BuildOptions) Register(fs *pflag.FlagSet) {
	fs.StringArrayVar(&o.Args, "build-arg", nil, "set a build argument: `KEY=VALUE`, or KEY for your own value")
	fs.BoolVar(&o.NoCache, "no-cache", false, "do every step anew")
	fs.BoolVar(&o.Pull, "pull", false, "ask registries for newer base images")
	fs.BoolVar(&o.Push, "push", false, "push the images that have names")
	fs.StringVar(&o.SSH, "ssh", "", "let steps use an SSH agent or key: `default`, ID=SOCKET or ID=KEYFILE")
	fs.BoolVar(&o.Deps, "with-dependencies", false, "build what the services depend on too")
	fs.BoolVar(&o.Print, "print", false, "print the file for docker buildx bake, and build nothing")
	fs.BoolVar(&o.Check, "check", false, "look for mistakes in Dockerfiles, and build nothing")
	fs.BoolVarP(&o.Quiet, "quiet", "q", false, "print the images' ids only")
	fs.StringVar(&o.Progress, "progress", "", "")
	fs.StringVar(&o.Builder, "builder", "", "no effect: there is one builder")
	fs.StringVarP(&o.Memory, "memory", "m", "", "no effect, as with BuildKit")
	fs.StringVar(&o.Provenance, "provenance", "", "no effect: no attestations are made")
	fs.StringVar(&o.SBOM, "sbom", "", "no effect: no attestations are made")
	_ = fs.MarkHidden("progress") // fails only for a flag that does not exist
	inert(fs, "parallel", "compress", "force-rm", "no-rm")
	o.changed = fs.Changed
}

// Build builds the images of services. env looks variables of the project up.
func Build(ctx context.Context, e *client.Env, p *project.Project, o *BuildOptions, names []string, env func(string) (string, bool)) error {
	services, err := selected(p, slices.Clone(names), o.Deps)
	if err != nil {
		return err
	}
	var build []string
	for _, s := range services {
		if s.Build != nil {
			build = append(build, s.Name)
		}
	}
	if err := refused(about(p, build)); err != nil {
		return err
	}
	options, err := o.options(env)
	if err != nil {
		return err
	}
	if err := o.setProgress(e); err != nil {
		return err
	}
	switch {
	case len(build) == 0:
		e.Warn("No services to build")
		return nil
	case o.Print:
		return building.Print(e.Stdout, e.Getenv, p, build, options, o.Push)
	case o.Check:
		return building.Check(ctx, e, p, build, options)
	}
	return o.run(ctx, e, p, build, options)
}

func (o *BuildOptions) run(ctx context.Context, e *client.Env, p *project.Project, names []string, options building.Options) error {
	o.sayInert(e)
	e.Notices(about(p, names))
	have, err := look(e)
	if err != nil {
		return err
	}
	if e.Global.DryRun {
		for _, s := range chosen(p, names) {
			e.Rehearse("Image", s.Image, "Building", "Built")
			if o.Push && s.Build.Named {
				e.Rehearse("Image", s.Image, "Pushing", "Pushed")
			}
		}
		return nil
	}
	built, err := build(ctx, e, have, p, names, options)
	if err != nil {
		return err
	}
	if o.Push {
		if err := push(ctx, e, have, chosen(p, names), &PushOptions{Quiet: o.Quiet}); err != nil {
			return err
		}
	}
	if o.Quiet {
		return printIDs(e, built, names)
	}
	return nil
}

func printIDs(e *client.Env, built map[string]image.Image, names []string) error {
	for _, name := range names {
		if _, err := fmt.Fprintln(e.Stdout, built[name].ID); err != nil {
			return err
		}
	}
	return nil
}

// setProgress: -q, the old --progress of build, and BuildKit's variable for builds.
func (o *BuildOptions) setProgress(e *client.Env) error {
	switch given := e.Global.Progress; {
	case o.Quiet:
		e.Global.Progress = string(progress.Quiet)
	case o.Progress != "":
		e.Global.Progress = strings.Replace(o.Progress, "rawjson", "json", 1)
	case (given == "" || given == "auto") && e.Getenv("COMPOSE_PROGRESS") == "":
		if v := e.Getenv("BUILDKIT_PROGRESS"); v != "" {
			e.Global.Progress = strings.Replace(v, "rawjson", "json", 1)
		}
	}
	return e.Settings()
}

// sayInert tells of flags that change nothing.
func (o *BuildOptions) sayInert(e *client.Env) {
	for _, f := range []struct{ name, why string }{
		{"builder", "there is one builder, ours"}, {"memory", "a build has the limits that you have yourself"},
		{"provenance", "no attestations are made"}, {"sbom", "no attestations are made"},
	} {
		if o.changed(f.name) {
			e.Warn("--" + f.name + " has no effect: " + f.why)
		}
	}
}

// options reads the flags.
func (o *BuildOptions) options(env func(string) (string, bool)) (building.Options, error) {
	out := building.Options{NoCache: o.NoCache, Pull: o.Pull, Quiet: o.Quiet, Args: map[string]*string{}}
	if o.Print && o.Check {
		return out, errors.New("--print and --check are incompatible")
	}
	for _, arg := range o.Args {
		key, value, given := strings.Cut(arg, "=")
		if !given {
			if value, given = env(key); !given {
				continue
			}
		}
		if key == "" {
			return out, fmt.Errorf("invalid --build-arg %q: write KEY=VALUE", arg)
		}
		out.Args[key] = &value
	}
	if o.SSH == "" && o.changed("ssh") {
		o.SSH = "default"
	}
	if o.SSH != "" {
		id, path, found := strings.Cut(o.SSH, "=")
		if !found && id != "default" {
			return out, fmt.Errorf("invalid ssh key %q: write default, ID=SOCKET or ID=KEYFILE", o.SSH)
		}
		out.SSH = append(out.SSH, project.SSHAgent{ID: id, Path: path})
	}
	return out, nil
}

// about are the notices on the build sections of services. The files were read to look
// at them, so that what cannot be run does not matter; what cannot be built does.
func about(p *project.Project, services []string) (list []project.Notice) {
	for _, n := range p.Notices {
		if parts := strings.SplitN(n.Key, ".", 4); len(parts) > 2 && parts[0] == "services" && parts[2] == "build" && slices.Contains(services, parts[1]) {
			list = append(list, n)
		}
	}
	return list
}

func refused(list []project.Notice) error {
	for _, n := range list {
		if n.Fate == project.Refused {
			return fmt.Errorf("%s:%d: %s is not possible (%s)", n.Source.File, n.Source.Line, n.Key, n.Reason)
		}
	}
	return nil
}
