package loader

import (
	"fmt"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/suggest"
)

// How a key says whose namespace it means.
const (
	ofService   = project.OfService
	ofContainer = project.OfContainer
)

// namespaces converts pid, ipc, uts and cgroup.
func (l *load) namespaces(s types.ServiceConfig, out *project.Service) error {
	for _, n := range []struct {
		key, value string
		own        []string // values that mean a namespace of its own
		to         *string
	}{
		{"pid", s.Pid, []string{"", "private"}, &out.PID},
		{"ipc", s.Ipc, []string{"", "private", "none"}, &out.IPC},
		{"uts", s.Uts, []string{"", "private"}, &out.UTS},
	} {
		_, service := strings.CutPrefix(n.value, ofService)
		_, container := strings.CutPrefix(n.value, ofContainer)
		switch {
		case slices.Contains(n.own, n.value):
			*n.to = ""
		case n.value == "host", n.key == "ipc" && n.value == "shareable", service, container:
			*n.to = n.value
		default:
			return l.fault("write host, service:NAME or container:NAME", fmt.Sprintf("services.%s.%s: %q is not possible", s.Name, n.key, n.value), "services", s.Name, n.key)
		}
	}
	out.HostCgroup = s.Cgroup == "host"
	if err := l.cgroupParent(s, out); err != nil {
		return err
	}
	if out.UTS != "" && (s.Hostname != "" || s.DomainName != "") {
		return l.fault("remove one of them", fmt.Sprintf("services.%s: hostname and domainname are those of the uts namespace, which it has not to itself (uts: %s)", s.Name, out.UTS), "services", s.Name, "uts")
	}
	return nil
}

// checkShared wants the services to exist whose namespaces are shared.
func (l *load) checkShared(m *types.Project, s types.ServiceConfig) error {
	for key, value := range map[string]string{"pid": s.Pid, "ipc": s.Ipc, "uts": s.Uts, "network_mode": s.NetworkMode} {
		name, ok := strings.CutPrefix(value, ofService)
		if !ok {
			continue
		}
		if _, known := m.Services[name]; known && name != s.Name {
			continue
		}
		hint := unknownHint(m, name)
		if name == s.Name {
			hint = "remove the line: it has a namespace of its own"
		}
		return l.fault(hint, fmt.Sprintf("services.%s.%s: service %q cannot be joined", s.Name, key, name), "services", s.Name, key)
	}
	return nil
}

// unknownHint is what to do about a service that does not take part.
func unknownHint(m *types.Project, name string) string {
	if d, disabled := m.DisabledServices[name]; disabled {
		return "activate it with --profile " + strings.Join(d.Profiles, " or ")
	}
	return suggest.Name(name, "services", m.ServiceNames())
}

// joined checks who is joined, when all services are known, and makes a dependency
// of each: a namespace is there while its first process is. compose-go has done
// that for "service:".
func (l *load) joined(p *project.Project) error {
	for i := range p.Services {
		s := &p.Services[i]
		for key, value := range map[string]string{"pid": s.PID, "ipc": s.IPC, "uts": s.UTS, "network_mode": s.NetworkMode} {
			if name, ok := strings.CutPrefix(value, ofContainer); ok {
				if err := l.joinedContainer(p, s, key, name); err != nil {
					return err
				}
			}
		}
		if err := l.shareable(p, s); err != nil {
			return err
		}
		l.outlives(s)
	}
	return nil
}

// joinedContainer finds the container of the project that has the name.
func (l *load) joinedContainer(p *project.Project, s *project.Service, key, name string) error {
	if other := p.Bearer(name); other != nil && other.Name != s.Name {
		dependOn(s, other.Name, key != "network_mode")
		return nil
	}
	if l.o.Tolerant {
		return nil
	}
	return l.fault("namespaces are shared within a project: write service:NAME", fmt.Sprintf("services.%s.%s: no other service of the project has a container %q", s.Name, key, name), "services", s.Name, key)
}

// dependOn adds a dependency, unless there is one. With restart it is made sure that
// s follows when the other is restarted.
func dependOn(s *project.Service, other string, restart bool) {
	for i := range s.DependsOn {
		if d := &s.DependsOn[i]; d.Service == other {
			d.Restart = d.Restart || restart
			return
		}
	}
	s.DependsOn = append(s.DependsOn, project.Dependency{Service: other, Condition: project.ConditionStarted, Required: true, Restart: restart})
	slices.SortFunc(s.DependsOn, func(a, b project.Dependency) int { return strings.Compare(a.Service, b.Service) })
}

// shareable wants what docker wants: who is joined has said ipc: shareable, or
// has the ipc namespace of somebody else.
func (l *load) shareable(p *project.Project, s *project.Service) error {
	name, ok := strings.CutPrefix(s.IPC, ofService)
	if c, isContainer := strings.CutPrefix(s.IPC, ofContainer); isContainer {
		if of := p.Bearer(c); of != nil {
			name, ok = of.Name, true
		}
	}
	if !ok || l.o.Tolerant {
		return nil
	}
	if other, known := p.Service(name); known && other.IPC == "" {
		return l.fault("write ipc: shareable in service "+name, fmt.Sprintf("services.%s.ipc: service %q does not share its ipc namespace", s.Name, name), "services", s.Name, "ipc")
	}
	return nil
}
