package main

import (
	"context"
	"os"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// load reads the compose files to run what they say, and prints their warnings.
// services are those named on the command line.
func (a *app) load(ctx context.Context, services []string) (*loader.Loaded, error) {
	return a.read(ctx, loader.Options{Services: services})
}

// wanted is load for a command that needs no more of it than the project.
func (a *app) wanted(ctx context.Context, services []string) (client.Target, error) {
	loaded, err := a.load(ctx, services)
	if err != nil {
		return client.Target{}, err
	}
	return client.Target{Name: loaded.Project.Name, Project: loaded.Project}, nil
}

// look reads the compose files to print or look up what they say: what cannot
// be run yet is no error there.
func (a *app) look(ctx context.Context, services []string, raw bool) (*loader.Loaded, error) {
	return a.read(ctx, loader.Options{Services: services, NoInterpolate: raw, Tolerant: true})
}

// read fills the global flags into o.
func (a *app) read(ctx context.Context, o loader.Options) (*loader.Loaded, error) {
	g := &a.env.Global
	o.Files, o.ProjectDir, o.ProjectName = g.Files, g.ProjectDir, g.ProjectName
	o.Profiles, o.EnvFiles = g.Profiles, g.EnvFiles
	o.AllResources, o.Compatibility = g.AllResources, g.Compatibility
	o.Environ, o.Stdin = os.Environ(), a.env.Stdin
	loaded, err := load(ctx, o)
	if err != nil {
		return nil, err
	}
	export(loaded.Env)
	for _, w := range loaded.Warnings {
		a.env.Warn(w)
	}
	return loaded, nil
}

// load reads files until ctx ends: one that is a pipe waits for who writes it, or a terminal
// for who types, and no signal ends that. Nothing has been changed yet, so what still waits
// may be left to the end of the process.
func load(ctx context.Context, o loader.Options) (*loader.Loaded, error) {
	type result struct {
		loaded *loader.Loaded
		err    error
	}
	done := make(chan result, 1)
	go func() {
		loaded, err := loader.Load(ctx, o)
		done <- result{loaded, err}
	}()
	select {
	case r := <-done:
		return r.loaded, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// export makes docker compose's own variables, which a .env file may set too, count as if
// they were in our environment.
func export(env map[string]string) {
	for name, value := range env {
		switch {
		case name == "COMPOSE_PROJECT_NAME", name == "COMPOSE_FILE", name == "COMPOSE_PROFILES": // have done their part
			continue
		case !strings.HasPrefix(name, "COMPOSE_") && name != "DOCKER_DEFAULT_PLATFORM":
			continue
		}
		if _, set := os.LookupEnv(name); !set {
			_ = os.Setenv(name, value) // fails for a NUL, which no file of variables can have
		}
	}
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
	loaded, err := a.look(ctx, nil, false)
	if err != nil {
		// The variable alone names a running project well enough.
		if name != "" {
			return client.Target{Name: name}, nil
		}
		return client.Target{}, err
	}
	return client.Target{Name: loaded.Project.Name, Project: loaded.Project}, nil
}
