package main

import (
	"bytes"
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/show"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// configOptions are the flags of config.
type configOptions struct {
	quiet, noInterpolate, support, resolveDigests, lock bool
	services, volumes, networks, models                 bool
	images, profiles, variables, environment            bool
	view                                                loader.View
	format, hash, output                                string
}

func (a *app) config() *cobra.Command {
	o := &configOptions{}
	c := &cobra.Command{
		Use: "config [OPTIONS] [SERVICE...]", Aliases: []string{"convert"}, Short: "Check the compose files and print what they mean",
		Long: `Check the compose files and print them merged, with variables filled in: what is
printed can be read again. Names and lists of one kind are printed by flags of their own.
With --support, print what happens to each key of the compose specification here.`,
		Example: `  mocker-compose config -q && echo fine          check only
  mocker-compose -f a.yaml -f b.yaml config web  what web comes to
  mocker-compose config --variables              what the files want to be told`,
		RunE: func(c *cobra.Command, services []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			out, err := a.renderConfig(ctx, o, services)
			if err != nil || o.quiet {
				return err
			}
			if o.output != "" {
				return state.WriteFile(o.output, out, os.FileMode(0o644))
			}
			_, err = a.env.Stdout.Write(out)
			return err
		},
	}
	o.register(c)
	return c
}

func (o *configOptions) register(c *cobra.Command) {
	f := c.Flags()
	f.BoolVarP(&o.quiet, "quiet", "q", false, "check only, print nothing")
	f.StringVar(&o.format, "format", "", "yaml or json; of --variables also table")
	f.BoolVar(&o.services, "services", false, "print the services' names")
	f.BoolVar(&o.volumes, "volumes", false, "print the volumes' names")
	f.BoolVar(&o.networks, "networks", false, "print the networks' names")
	f.BoolVar(&o.models, "models", false, "print the names of the language models")
	f.BoolVar(&o.images, "images", false, "print the images' names")
	f.BoolVar(&o.profiles, "profiles", false, "print the profiles' names")
	f.BoolVar(&o.variables, "variables", false, "print the variables that the files use, with their defaults")
	f.BoolVar(&o.environment, "environment", false, "print the variables that the files are filled in with")
	f.StringVar(&o.hash, "hash", "", "print the configuration hash of `SERVICE`s, by commas; \"*\" for all")
	f.BoolVar(&o.noInterpolate, "no-interpolate", false, "leave variables as they are")
	f.BoolVar(&o.view.NoNormalize, "no-normalize", false, "add no defaults: networks, names")
	f.BoolVar(&o.view.NoPaths, "no-path-resolution", false, "leave relative paths as they are")
	f.BoolVar(&o.view.NoConsistency, "no-consistency", false, "do not mind what contradicts itself; what is printed may not be runnable")
	f.BoolVar(&o.view.NoEnv, "no-env-resolution", false, "leave env_file as it is, and do not read it")
	f.BoolVar(&o.resolveDigests, "resolve-image-digests", false, "pin image tags to the digests that they have in their registries")
	f.BoolVar(&o.lock, "lock-image-digests", false, "print an override file that pins the images to their digests")
	f.BoolVar(&o.support, "support", false, "print what happens to each key of the compose specification")
	f.StringVarP(&o.output, "output", "o", "", "write to `FILE`")
	completes(c, "format", "yaml", "json", "table")
}

func (a *app) renderConfig(ctx context.Context, o *configOptions, services []string) ([]byte, error) {
	if o.support {
		var out bytes.Buffer
		err := show.Support(&out, project.Table())
		return out.Bytes(), err
	}
	o.view.NoNormalize = o.view.NoNormalize || a.env.Global.Compatibility
	options := loader.Options{Services: services, NoInterpolate: o.noInterpolate || o.variables, Tolerant: true, View: o.view}
	if options.NoInterpolate {
		if options.Services = nil; len(services) > 0 {
			a.env.Warn("services are not chosen while variables are not filled in: this is about all of them")
		}
	}
	loaded, err := a.read(ctx, options)
	if err != nil {
		return nil, err
	}
	if loaded.Project != nil {
		a.env.Notices(loaded.Project.Notices)
	}
	if len(services) > 0 && loaded.Model != nil {
		if loaded.Model, err = loaded.Model.WithSelectedServices(services); err != nil {
			return nil, err
		}
	}
	loaded.Resolved(a.env.Global.AllResources)
	if list, ok, err := o.list(loaded); ok || err != nil {
		return list, err
	}
	if o.resolveDigests || o.lock {
		if err := a.pin(ctx, loaded, o.lock); err != nil {
			return nil, err
		}
	}
	out, err := loaded.Config(o.format)
	if err == nil && !bytes.HasSuffix(out, []byte("\n")) {
		out = append(out, '\n')
	}
	return out, err
}
