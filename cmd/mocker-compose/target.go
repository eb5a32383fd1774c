package main

import (
	"context"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// load reads the compose files and prints their warnings. services are those
// named on the command line.
func (a *app) load(ctx context.Context, services []string) (*loader.Loaded, error) {
	return a.loadWith(ctx, services, false)
}

func (a *app) loadWith(ctx context.Context, services []string, raw bool) (*loader.Loaded, error) {
	g := &a.env.Global
	loaded, err := loader.Load(ctx, loader.Options{
		Files: g.Files, ProjectDir: g.ProjectDir, ProjectName: g.ProjectName, Profiles: g.Profiles,
		EnvFiles: g.EnvFiles, Environ: os.Environ(), Services: services, NoInterpolate: raw, Stdin: a.env.Stdin,
	})
	if err != nil {
		return nil, err
	}
	for _, w := range loaded.Warnings {
		a.env.Warn(w)
	}
	return loaded, nil
}

// target is the project that a command works on: by its name alone where that
// is given and no file is, else by its files.
func (a *app) target(ctx context.Context) (client.Target, error) {
	name, err := a.env.Name()
	if err != nil {
		return client.Target{}, err
	}
	if a.env.Global.ProjectName != "" && len(a.env.Global.Files) == 0 {
		return client.Target{Name: name}, nil
	}
	loaded, err := a.load(ctx, nil)
	if err != nil {
		// The variable alone names a running project well enough.
		if name != "" {
			return client.Target{Name: name}, nil
		}
		return client.Target{}, err
	}
	return client.Target{Name: loaded.Project.Name, Project: loaded.Project}, nil
}
