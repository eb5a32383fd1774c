package loader

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/document"
	"github.com/mocker-compose/mocker-compose/project/loader/sample"
	"github.com/mocker-compose/mocker-compose/project/loader/suggest"
)

// check finds what compose-go leaves to the engine, or says without a line.
func (l *load) check(m *types.Project) error {
	if err := l.checkSelected(m); err != nil {
		return err
	}
	var faults document.Faults
	for _, name := range m.ServiceNames() {
		if !faults.Add(l.checkService(m, m.Services[name])) {
			break
		}
	}
	faults.Add(l.checkNames(m))
	return faults.Err()
}

// checkService tells one fault: others of the same service often follow from it.
func (l *load) checkService(m *types.Project, s types.ServiceConfig) error {
	for _, f := range []func(*types.Project, types.ServiceConfig) error{
		l.checkProvided, l.checkNetworks, l.checkVolumes, l.checkVolumesFrom, l.checkShared, l.checkLinks, l.checkDependencies, l.checkHealth, l.checkScale, l.checkTargets, l.checkVariables,
	} {
		if err := f(m, s); err != nil {
			return err
		}
	}
	return nil
}

const noServices, addServices = "no services are defined", "add one below services:"

func (l *load) checkSelected(m *types.Project) error {
	for _, name := range l.o.Services {
		if _, ok := m.Services[name]; !ok {
			return &Error{Message: "no such service: " + name, Hint: "services are: " + strings.Join(m.ServiceNames(), ", ")}
		}
	}
	if len(m.Services) == 0 && len(m.DisabledServices) == 0 {
		return &Error{File: l.files[0].Name, Message: noServices, Hint: addServices}
	}
	return nil
}

// checkProvided wants no service to share what only a container has with one that
// a provider makes.
func (l *load) checkProvided(m *types.Project, s types.ServiceConfig) error {
	of := func(key, entry string) error {
		name, ours := strings.CutPrefix(entry, ofService)
		if !ours && key != "links" && key != "volumes_from" {
			return nil
		}
		name, _, _ = strings.Cut(name, ":")
		if m.Services[name].Provider == nil {
			return nil
		}
		return l.fault("use the variables that it sets; depends_on brings them", fmt.Sprintf("services.%s.%s: service %q is made by a provider: there is no container", s.Name, key, name),
			"services", s.Name, key)
	}
	entries := map[string][]string{"network_mode": {s.NetworkMode}, "pid": {s.Pid}, "ipc": {s.Ipc}, "uts": {s.Uts}, "links": s.Links, "volumes_from": s.VolumesFrom}
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		for _, entry := range entries[key] {
			if err := of(key, entry); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *load) checkNetworks(m *types.Project, s types.ServiceConfig) error {
	if s.NetworkMode != "" && len(s.Networks) > 0 {
		return l.fault("remove one of them", fmt.Sprintf("services.%s: network_mode and networks exclude each other", s.Name), "services", s.Name, "network_mode")
	}
	for _, n := range slices.Sorted(maps.Keys(s.Networks)) {
		if _, ok := m.Networks[n]; !ok {
			return l.fault("add it below the top-level networks:", fmt.Sprintf("services.%s.networks: network %q is not defined", s.Name, n), "services", s.Name, "networks", n)
		}
	}
	return nil
}

func (l *load) checkVolumes(m *types.Project, s types.ServiceConfig) error {
	for i, v := range s.Volumes {
		if v.Type != types.VolumeTypeVolume || v.Source == "" {
			continue
		}
		if _, ok := m.Volumes[v.Source]; !ok {
			e := l.fault("add it below the top-level volumes:, or begin the path with ./", fmt.Sprintf("services.%s.volumes: volume %q is not defined", s.Name, v.Source))
			e.File, e.Line = l.mountAt(s.Name, i, v)
			return e
		}
	}
	return nil
}

func (l *load) checkDependencies(m *types.Project, s types.ServiceConfig) error {
	for _, name := range slices.Sorted(maps.Keys(s.DependsOn)) {
		if _, ok := m.Services[name]; ok {
			continue
		}
		path := []string{"services", s.Name, "depends_on", name}
		if d, ok := m.DisabledServices[name]; ok {
			if !s.DependsOn[name].Required {
				continue
			}
			return l.fault("activate it with --profile "+strings.Join(d.Profiles, " or "),
				fmt.Sprintf("services.%s.depends_on: service %q is disabled, none of its profiles is active", s.Name, name), path...)
		}
		return l.fault(suggest.Name(name, "services", m.ServiceNames()), fmt.Sprintf("services.%s.depends_on: service %q is not defined", s.Name, name), path...)
	}
	return nil
}

func (l *load) checkHealth(_ *types.Project, s types.ServiceConfig) error {
	if s.HealthCheck == nil || len(s.HealthCheck.Test) == 0 {
		return nil
	}
	test := s.HealthCheck.Test
	path := []string{"services", s.Name, "healthcheck", "test"}
	switch test[0] {
	case "NONE":
		return nil
	case "CMD", "CMD-SHELL":
		if len(test) < 2 {
			return l.fault("add the command", fmt.Sprintf("services.%s.healthcheck.test: no command after %s", s.Name, test[0]), path...)
		}
		return nil
	}
	return l.fault(`write ["CMD", …], ["CMD-SHELL", "…"], ["NONE"] or one string`,
		fmt.Sprintf("services.%s.healthcheck.test: begins with %q", s.Name, test[0]), path...)
}

// maxScale bounds the replicas of a service, maxPorts its published ports:
// each is a process or a socket.
const (
	maxScale = 1000
	maxPorts = 4096
)

func (l *load) checkScale(_ *types.Project, s types.ServiceConfig) error {
	if s.GetScale() < 0 {
		return l.fault("write 0 or more", fmt.Sprintf("services.%s.scale: %d is negative", s.Name, s.GetScale()), "services", s.Name, "scale")
	}
	if s.GetScale() > maxScale {
		return l.fault(fmt.Sprintf("write %d or less", maxScale), fmt.Sprintf("services.%s.scale: %d is too large", s.Name, s.GetScale()), "services", s.Name, "scale")
	}
	if s.Scale != nil && s.Deploy != nil && s.Deploy.Replicas != nil && *s.Scale != *s.Deploy.Replicas {
		return l.fault("remove one of them", fmt.Sprintf("services.%s: scale and deploy.replicas differ", s.Name), "services", s.Name, "scale")
	}
	if s.GetScale() > 1 && s.ContainerName != "" {
		return l.fault("remove container_name: names must be unique", fmt.Sprintf("services.%s: container_name with %d replicas", s.Name, s.GetScale()), "services", s.Name, "container_name")
	}
	return nil
}

// checkTargets wants each mount at a place of its own.
func (l *load) checkTargets(_ *types.Project, s types.ServiceConfig) error {
	seen := map[string]bool{}
	for i, v := range s.Volumes {
		if seen[v.Target] {
			e := l.fault("remove one of them", fmt.Sprintf("services.%s.volumes: two mounts at %s", s.Name, v.Target))
			e.File, e.Line = l.mountAt(s.Name, i, v)
			return e
		}
		seen[v.Target] = true
	}
	for _, t := range s.Tmpfs {
		path, _, _ := strings.Cut(t, ":")
		if seen[path] {
			return l.fault("remove one of them", fmt.Sprintf("services.%s.tmpfs: two mounts at %s", s.Name, path), "services", s.Name, "tmpfs", t)
		}
		seen[path] = true
	}
	return nil
}

// checkVariables wants names of variables: a program could not read one without.
func (l *load) checkVariables(_ *types.Project, s types.ServiceConfig) error {
	if value, found := s.Environment[""]; found && value != nil {
		return l.fault("write NAME="+*value, fmt.Sprintf("services.%s.environment: %q has no name before the =", s.Name, "="+*value), "services", s.Name, "environment", "="+*value)
	}
	return nil
}

// maxContainerName bounds the name of a container, in bytes: files are named for it, with an
// ending, and a file name has up to 255.
const maxContainerName = 200

// checkNames wants container names to be unique, and short enough for files.
func (l *load) checkNames(m *types.Project) error {
	seen := map[string]string{}
	for _, name := range m.ServiceNames() {
		c := m.Services[name].ContainerName
		if long := cmp.Or(c, fmt.Sprintf("%s-%s-%d", m.Name, name, maxScale)); len(long) > maxContainerName {
			return l.fault("shorten it, or that of the project (name:, or -p)", fmt.Sprintf("services.%.20s…: the name of its containers would have %d bytes, and may have %d", name, len(long), maxContainerName), "services", name)
		}
		if c == "" {
			continue
		}
		if first, ok := seen[c]; ok {
			return l.fault("give each its own", fmt.Sprintf("services.%s.container_name: %q is the name of service %s too", name, c, first), "services", name, "container_name")
		}
		seen[c] = name
	}
	return nil
}

// makeIt says how a file that is missing is made: of its example, if there is one.
func (l *load) makeIt(path string) string {
	if from := sample.Of(path); from != "" {
		return "make it: " + l.copyOf(from, path)
	}
	return "make it"
}

// checkCycle looks at the converted project.
func (l *load) checkCycle(p *project.Project) error {
	if cycle := p.Cycle(); cycle != nil {
		path := []string{"services", cycle[0], "depends_on", cycle[1]}
		for _, implied := range []string{"network_mode", "pid", "ipc", "uts", "links", "volumes_from"} {
			if at := []string{"services", cycle[0], implied}; !l.has(path...) && l.has(at...) {
				path = at
			}
		}
		return l.fault("remove one of these dependencies", "services depend on each other in a circle: "+strings.Join(cycle, " -> "), path...)
	}
	return nil
}
