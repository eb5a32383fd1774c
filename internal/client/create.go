package client

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/project"
)

// CreateOptions are the flags of create.
type CreateOptions struct {
	up UpOptions
}

// Register defines the flags in fs.
func (o *CreateOptions) Register(fs *pflag.FlagSet) {
	o.up.images.Register(fs)
	yesFlag(fs, &o.up.Yes)
	fs.BoolVar(&o.up.ForceRecreate, "force-recreate", false, "replace containers even if nothing changed")
	fs.BoolVar(&o.up.NoRecreate, "no-recreate", false, "keep existing containers even if their service changed")
	fs.BoolVar(&o.up.RemoveOrphans, "remove-orphans", false, "remove containers whose service left the file")
	o.up.Ports.Register(fs)
	fs.StringArrayVar(&o.up.Scale, "scale", nil, "make N replicas: `SERVICE=N`")
	UplinkFlag(fs, &o.up.uplink)
}

// Create makes containers and starts none.
func (e *Env) Create(ctx context.Context, t Target, o *CreateOptions, services []string) error {
	o.up.NoStart, o.up.Timeout = true, -1
	return e.Up(ctx, t, &o.up, services)
}

// ScaleOptions are the flags of scale.
type ScaleOptions struct{ NoDeps bool }

// Register defines the flags in fs.
func (o *ScaleOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVar(&o.NoDeps, "no-deps", false, "leave out what the services depend on")
}

// Replicas reads SERVICE=N arguments.
func Replicas(args []string) (map[string]int, error) {
	out := map[string]int{}
	for _, arg := range args {
		name, number, ok := strings.Cut(arg, "=")
		if !ok || name == "" || number == "" {
			return nil, fmt.Errorf("invalid scale specifier: %s", arg)
		}
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("invalid scale specifier: can't parse replica value as int: %s", arg)
		}
		out[name] = n
	}
	return out, nil
}

// Scale brings services up with so many replicas.
func (e *Env) Scale(ctx context.Context, t Target, o *ScaleOptions, replicas map[string]int) error {
	for name, n := range replicas {
		i := slices.IndexFunc(t.Project.Services, func(s project.Service) bool { return s.Name == name })
		if i < 0 {
			return fmt.Errorf("no such service: %s", name)
		}
		t.Project.Services[i].Scale = n
	}
	return e.Up(ctx, t, &UpOptions{Detach: true, NoDeps: o.NoDeps, Timeout: -1, keepUplink: true, images: Imaging{NoBuild: true}}, slices.Sorted(maps.Keys(replicas)))
}
