package main

import (
	"bytes"
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/show"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
)

// configOptions are the flags of config.
type configOptions struct {
	quiet, noInterpolate, support, resolveDigests, lock      bool
	services, volumes, networks, images, profiles, variables bool
	format, hash, output                                     string
}

func (a *app) config() *cobra.Command {
	o := &configOptions{}
	c := &cobra.Command{
		Use: "config [OPTIONS] [SERVICE...]", Aliases: []string{"convert"}, Short: "Check the compose files and print what they mean",
		Long: `Check the compose files and print them merged, with variables filled in.
With --support, print what happens to each key of the compose specification here.`,
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
	f := c.Flags()
	f.BoolVarP(&o.quiet, "quiet", "q", false, "check only, print nothing")
	f.StringVar(&o.format, "format", "yaml", "yaml or json")
	f.BoolVar(&o.services, "services", false, "print the services' names")
	f.BoolVar(&o.volumes, "volumes", false, "print the volumes' names")
	f.BoolVar(&o.networks, "networks", false, "print the networks' names")
	f.BoolVar(&o.images, "images", false, "print the images' names")
	f.BoolVar(&o.profiles, "profiles", false, "print the profiles' names")
	f.BoolVar(&o.variables, "environment", false, "print the variables that the files are filled in with")
	f.StringVar(&o.hash, "hash", "", "print the configuration hash of `SERVICE`s, by commas; \"*\" for all")
	f.BoolVar(&o.noInterpolate, "no-interpolate", false, "leave variables as they are")
	f.BoolVar(&o.resolveDigests, "resolve-image-digests", false, "pin image tags to the digests that they have in their registries")
	f.BoolVar(&o.lock, "lock-image-digests", false, "print an override file that pins the images to their digests")
	f.BoolVar(&o.support, "support", false, "print what happens to each key of the compose specification")
	f.StringVarP(&o.output, "output", "o", "", "write to `FILE`")
	return c
}

func (a *app) renderConfig(ctx context.Context, o *configOptions, services []string) ([]byte, error) {
	if o.support {
		var out bytes.Buffer
		err := show.Support(&out, project.Table())
		return out.Bytes(), err
	}
	loaded, err := a.look(ctx, services, o.noInterpolate)
	if err != nil {
		return nil, err
	}
	if list, ok, err := o.list(loaded); ok || err != nil {
		return list, err
	}
	if !o.noInterpolate {
		a.env.Notices(loaded.Project.Notices)
	}
	if len(services) > 0 && loaded.Model != nil {
		if loaded.Model, err = loaded.Model.WithSelectedServices(services); err != nil {
			return nil, err
		}
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
