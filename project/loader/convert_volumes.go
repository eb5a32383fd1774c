package loader

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/suggest"
)

// volumes converts the named volumes that services use, or all with --all-resources.
func (l *load) volumes(m *types.Project, p *project.Project) error {
	used := map[string]bool{}
	for _, s := range withSteps(p) {
		for _, mount := range s.Mounts {
			if mount.Type == project.MountVolume && mount.Source != "" {
				used[mount.Source] = true
			}
		}
	}
	if l.o.AllResources {
		for key := range m.Volumes {
			used[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(used)) {
		v := m.Volumes[key]
		out := project.Volume{Key: key, Name: v.Name, External: bool(v.External), Labels: v.Labels, Options: v.DriverOpts}
		if out.Name == "" {
			out.Name = p.Name + "_" + key
		}
		if err := project.CheckVolumeName(out.Name); err != nil {
			return l.fault("", fmt.Sprintf("volumes.%s.name: %v", key, err), "volumes", key, "name")
		}
		if _, err := project.ParseVolumeOptions(out.Options); err != nil {
			return l.fault("", fmt.Sprintf("volumes.%s.driver_opts: %v", key, err), "volumes", key, "driver_opts")
		}
		p.Volumes = append(p.Volumes, out)
	}
	return nil
}

// volumesFrom converts volumes_from: SERVICE[:ro|rw] or container:NAME[:ro|rw].
func (l *load) volumesFrom(s types.ServiceConfig, out *project.Service) error {
	for _, entry := range s.VolumesFrom {
		at := []string{"services", s.Name, "volumes_from", entry}
		name, byName := strings.CutPrefix(entry, types.ContainerPrefix)
		name, mode, _ := strings.Cut(name, ":")
		if mode != "" && mode != "ro" && mode != "rw" {
			return l.fault("write ro or rw, or nothing", fmt.Sprintf("services.%s.volumes_from: %q: unknown mode %q", s.Name, entry, mode), at...)
		}
		if name == "" || name == s.Name && !byName {
			return l.fault("name another service", fmt.Sprintf("services.%s.volumes_from: %q names no other service", s.Name, entry), at...)
		}
		from := project.VolumesFrom{ReadOnly: mode == "ro"}
		if byName {
			from.Container = name
		} else {
			from.Service = name
		}
		out.VolumesFrom = append(out.VolumesFrom, from)
	}
	return nil
}

// nameVolumesFrom finds the containers of the services that volumes are taken from.
func nameVolumesFrom(p *project.Project, s *project.Service) {
	for n := range s.VolumesFrom {
		from := &s.VolumesFrom[n]
		if other, ok := p.Service(from.Service); ok {
			from.Container = p.ContainerName(other, 1)
		}
	}
}

// checkVolumesFrom wants the services of volumes_from to exist.
func (l *load) checkVolumesFrom(m *types.Project, s types.ServiceConfig) error {
	for _, entry := range s.VolumesFrom {
		name, _, _ := strings.Cut(entry, ":")
		if strings.HasPrefix(entry, types.ContainerPrefix) || name == s.Name {
			continue
		}
		if _, ok := m.Services[name]; !ok {
			return l.fault(suggest.Name(name, "services", m.ServiceNames()), fmt.Sprintf("services.%s.volumes_from: service %q is not defined", s.Name, name), "services", s.Name, "volumes_from", entry)
		}
	}
	return nil
}
