package loader

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/format"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/mattn/go-shellwords"

	"github.com/mocker-compose/mocker-compose/project"
)

// OneOff says how `run` changes a service for one container: its flags.
type OneOff struct {
	Service        string
	Command        []string // empty = the service's
	Entrypoint     *string  // a line, split as a shell does; nil = the service's
	Env            []string // KEY=VALUE, or KEY for the value that the project has
	EnvFiles       []string
	Labels         []string // KEY=VALUE
	CapAdd         []string
	CapDrop        []string
	Volumes        []string // short form
	Publish        []string // short form; in place of the service's ports
	User           string   // "" = the service's
	WorkingDir     string   // "" = the service's
	ServicePorts   bool     // publish what the service publishes
	TTY, StdinOpen bool
}

// oneOff is the service as its one-off container has it. The project stays as
// the files have it.
func (l *load) oneOff(m *types.Project, p *project.Project) (*project.Service, error) {
	o := l.o.OneOff
	s, err := m.GetService(o.Service)
	if err != nil {
		return nil, l.explain(err)
	}
	if s.Provider != nil {
		return nil, l.fault("name a service that depends on it", "service "+o.Service+" is made by a provider: there is no container to run", "services", o.Service, "provider")
	}
	s.ContainerName, s.Restart, s.Tty, s.StdinOpen = "", "no", o.TTY, o.StdinOpen
	one := 1
	s.Scale = &one
	if s.Deploy != nil {
		s.Deploy = &types.DeployConfig{Resources: s.Deploy.Resources}
	}
	for _, apply := range []func(*types.ServiceConfig) error{o.command, l.runEnvironment, o.labels, o.ports, l.runVolumes} {
		if err := apply(&s); err != nil {
			return nil, &Error{Message: err.Error(), Err: err}
		}
	}
	for _, v := range s.Volumes {
		if _, known := m.Volumes[v.Source]; v.Type == types.VolumeTypeVolume && v.Source != "" && !known {
			return nil, &Error{Message: fmt.Sprintf("-v %s:%s: the project has no volume %s", v.Source, v.Target, v.Source),
				Hint: "declare it under volumes in the compose file, or give a path: ./" + v.Source + ":" + v.Target}
		}
	}
	if len(o.CapAdd) > 0 {
		s.CapDrop = without(s.CapDrop, o.CapAdd)
		s.CapAdd = slices.Concat(s.CapAdd, o.CapAdd)
	}
	if len(o.CapDrop) > 0 {
		s.CapAdd = without(s.CapAdd, o.CapDrop)
		s.CapDrop = slices.Concat(s.CapDrop, o.CapDrop)
	}
	out, err := l.service(m, s)
	if of, ok := p.Service(o.Service); ok {
		out.Files = of.Files
	}
	nameVolumesFrom(p, &out)
	return &out, err
}

func without(list, drop []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(drop, s) })
}

func (o *OneOff) command(s *types.ServiceConfig) error {
	if len(o.Command) > 0 {
		s.Command = o.Command
	}
	if o.User != "" {
		s.User = o.User
	}
	if o.WorkingDir != "" {
		s.WorkingDir = o.WorkingDir
	}
	if o.Entrypoint == nil {
		return nil
	}
	words, err := shellwords.Parse(*o.Entrypoint)
	if err != nil {
		return fmt.Errorf("--entrypoint %q: %w", *o.Entrypoint, err)
	}
	s.Entrypoint = words
	if len(o.Command) == 0 {
		s.Command = nil // it was written for the other entrypoint
	}
	return nil
}

// runEnvironment adds the variables of -e, then of the files what -e does not set.
func (l *load) runEnvironment(s *types.ServiceConfig) error {
	resolve := func(k string) (string, bool) { v, ok := l.env[k]; return v, ok }
	given := types.NewMappingWithEquals(l.o.OneOff.Env).Resolve(resolve).ToMapping()
	for _, path := range l.o.OneOff.EnvFiles {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("--env-from-file: %w", err)
		}
		vars, err := dotenv.ParseWithLookup(f, func(k string) (string, bool) { v, ok := given[k]; return v, ok })
		f.Close()
		if err != nil {
			return fmt.Errorf("--env-from-file %s: %w", path, err)
		}
		for k, v := range vars {
			if _, set := given[k]; !set {
				given[k] = v
			}
		}
	}
	env := maps.Clone(s.Environment)
	if env == nil {
		env = types.MappingWithEquals{}
	}
	for k, v := range given {
		env[k] = &v
	}
	s.Environment = env
	return nil
}

func (o *OneOff) labels(s *types.ServiceConfig) error {
	labels := maps.Clone(s.Labels)
	for _, l := range o.Labels {
		key, value, ok := strings.Cut(l, "=")
		if !ok {
			return fmt.Errorf("label must be set as KEY=VALUE")
		}
		labels = labels.Add(key, value)
	}
	s.Labels = labels
	return nil
}

// ports are those of -p, or the service's with --service-ports, or none.
func (o *OneOff) ports(s *types.ServiceConfig) error {
	if o.ServicePorts {
		return nil
	}
	s.Ports = nil
	for _, p := range o.Publish {
		ports, err := types.ParsePortConfig(p)
		if err != nil {
			return fmt.Errorf("-p %s: %w", p, err)
		}
		for _, port := range ports {
			if port.Protocol != "" && port.Protocol != "tcp" {
				return fmt.Errorf("-p %s: only TCP ports can be published", p)
			}
		}
		s.Ports = append(s.Ports, ports...)
	}
	return nil
}

// runVolumes adds the volumes of -v; a relative path is one of the directory
// where the command was given.
func (l *load) runVolumes(s *types.ServiceConfig) error {
	s.Volumes = slices.Clone(s.Volumes)
	for _, v := range l.o.OneOff.Volumes {
		volume, err := format.ParseVolume(v)
		if err != nil {
			return fmt.Errorf("-v %s: %w", v, err)
		}
		if volume.Type == types.VolumeTypeBind && !filepath.IsAbs(volume.Source) {
			volume.Source = filepath.Join(l.where.Cwd, volume.Source)
		}
		s.Volumes = append(s.Volumes, volume)
	}
	return nil
}
