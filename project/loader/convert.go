package loader

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/builds"
	"github.com/mocker-compose/mocker-compose/project/loader/document"
	"github.com/mocker-compose/mocker-compose/project/loader/hooks"
	"github.com/mocker-compose/mocker-compose/project/loader/logging"
	"github.com/mocker-compose/mocker-compose/project/loader/models"
	"github.com/mocker-compose/mocker-compose/project/loader/nets"
	"github.com/mocker-compose/mocker-compose/project/loader/providers"
	"github.com/mocker-compose/mocker-compose/project/loader/watches"
)

// convert makes our model of compose-go's.
func (l *load) convert(m *types.Project) (_ *project.Project, err error) {
	if err := l.refused(m); err != nil {
		return nil, err
	}
	p := &project.Project{Name: m.Name, WorkingDir: m.WorkingDir, Disabled: m.DisabledServiceNames()}
	if l.compatible() {
		p.Separator = "_"
	}
	sort.Strings(p.Disabled)
	for _, s := range l.files {
		p.ConfigFiles = append(p.ConfigFiles, s.Path)
	}
	if p.Providers, err = providers.Convert(keySource{l}, m); err != nil {
		return nil, err
	}
	p.Variables = l.env
	var faults document.Faults
	for _, name := range m.ServiceNames() {
		if m.Services[name].Provider != nil {
			continue
		}
		s, err := l.service(m, m.Services[name])
		if !faults.Add(err) {
			break
		}
		p.Services = append(p.Services, s)
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	sort.Slice(p.Services, func(i, j int) bool { return p.Services[i].Name < p.Services[j].Name })
	if err := l.builds(m, p); err != nil {
		return nil, err
	}
	l.links(p, m)
	if err := l.joined(p); err != nil {
		return nil, err
	}
	if err := l.checkCycle(p); err != nil {
		return nil, err
	}
	if err := nets.Convert(keySource{l}, m, p); err != nil {
		return nil, err
	}
	if err := l.volumes(m, p); err != nil {
		return nil, err
	}
	if err := l.extension(m, p); err != nil {
		return nil, err
	}
	for _, s := range withSteps(p) {
		nameVolumesFrom(p, s)
	}
	if err := l.contents(m, p); err != nil {
		return nil, err
	}
	l.ownTogether(p)
	p.Notices = l.relevant(m)
	return p, nil
}

// service converts one service.
func (l *load) service(m *types.Project, s types.ServiceConfig) (project.Service, error) {
	s, err := nets.Builtin(keySource{l}, m, s)
	if err != nil {
		return project.Service{}, err
	}
	named := s.Image != ""
	if s.Build != nil && !named {
		s.Image = l.imageName(m.Name, s.Name)
	}
	out := project.Service{
		Name: s.Name, ContainerName: s.ContainerName, Scale: s.GetScale(),
		Command: s.Command, Entrypoint: s.Entrypoint, NoEntrypoint: s.Entrypoint != nil && len(s.Entrypoint) == 0, Environment: environment(s.Environment, hasConfig(s.Image)),
		WorkingDir: s.WorkingDir, User: s.User, GroupAdd: s.GroupAdd,
		Hostname: s.Hostname, Domainname: s.DomainName,
		Init: s.Init != nil && *s.Init, TTY: s.Tty, StdinOpen: s.StdinOpen,
		ReadOnly: s.ReadOnly, Privileged: s.Privileged, CapAdd: s.CapAdd, CapDrop: s.CapDrop,
		Sysctls: s.Sysctls, ShmSize: int64(s.ShmSize), Labels: s.Labels,
		Expose: s.Expose, StopSignal: s.StopSignal, StopGracePeriod: grace(s.StopGracePeriod),
		Attach: s.Attach == nil || *s.Attach, DependsOn: dependencies(m, s),
		Source: l.defined[s.Name],
	}
	if s.Deploy != nil && s.Deploy.Mode == "global" {
		out.Scale = 1
	}
	return out, l.details(m, s, named, &out)
}

// details converts what needs more than copying. All that is wrong is told at once.
func (l *load) details(m *types.Project, s types.ServiceConfig, named bool, out *project.Service) error {
	src := keySource{l}
	var faults document.Faults
	var err error
	if out.Build, err = builds.Convert(src, m, s, named); err != nil {
		return err // what is wrong with its image follows from it
	}
	out.Watch, err = watches.Convert(src, s)
	faults.Add(err)
	faults.Add(logging.Convert(src, s, out))
	faults.Add(l.preStart(m, s, out))
	faults.Add(models.Convert(src, m, s, out))
	for _, step := range []func(types.ServiceConfig, *project.Service) error{
		l.image, l.user, l.nets, l.ports, l.mounts, l.volumesFrom, l.health, l.restart, l.isolation, l.resources, l.serviceExtension,
	} {
		faults.Add(step(s, out))
	}
	faults.Add(hooks.Convert(src, s, out))
	return faults.Err()
}

// environment keeps variables without a value, which the environment does not
// have either, as bare names where there is an image: they take the image's away.
func environment(env types.MappingWithEquals, image bool) []string {
	var out []string
	for k, v := range env {
		if v != nil {
			out = append(out, k+"="+*v)
		} else if image {
			out = append(out, k)
		}
	}
	sort.Strings(out)
	return out
}

// grace is the stop grace period. 0 means the default in the model, so no
// grace at all is the shortest time there is.
func grace(d *types.Duration) time.Duration {
	if d != nil && *d == 0 {
		return 1
	}
	if d == nil {
		return 0
	}
	return time.Duration(*d)
}

// dependencies leaves out optional ones that are not enabled.
func dependencies(m *types.Project, s types.ServiceConfig) []project.Dependency {
	var out []project.Dependency
	for _, name := range slices.Sorted(maps.Keys(s.DependsOn)) {
		d := s.DependsOn[name]
		if on, ok := m.Services[name]; !ok || on.Provider != nil {
			continue // a provider has done its part before the first container is made
		}
		condition := project.Condition(d.Condition)
		if condition == "" {
			condition = project.ConditionStarted
		}
		out = append(out, project.Dependency{Service: name, Condition: condition, Required: d.Required, Restart: d.Restart})
	}
	return out
}

// refused ends the load when an enabled service, or a network or volume in
// use, has keys that it cannot do without. It names them all.
func (l *load) refused(m *types.Project) error {
	if l.o.Tolerant {
		return nil
	}
	var first *Error
	var also []string
	for _, n := range l.relevant(m) {
		if n.Fate != project.Refused {
			continue
		}
		if first == nil {
			first = &Error{File: document.ShortName(n.Source.File, l.where.Cwd), Line: n.Source.Line,
				Message: n.Key + " is not possible", Hint: n.Reason}
			continue
		}
		also = append(also, fmt.Sprintf("%s:%d: %s", document.ShortName(n.Source.File, l.where.Cwd), n.Source.Line, n.Key))
	}
	if first == nil {
		return nil
	}
	if len(also) > 0 {
		first.Message += "; nor are " + strings.Join(also, ", ")
	}
	return first
}

// relevant are the notices about what is enabled and in use.
func (l *load) relevant(m *types.Project) []project.Notice {
	used := map[string]bool{}
	for _, s := range m.Services {
		used["services."+s.Name] = true
		for n := range s.Models {
			used["models."+n] = true
		}
		uses(&s.ContainerSpec, used)
		for n := range s.PreStart {
			uses(&s.PreStart[n].ContainerSpec, used)
		}
	}
	l.bases(used)
	var out []project.Notice
	for _, n := range l.notices {
		parts := strings.SplitN(n.Key, ".", 3)
		if len(parts) == 3 && slices.Contains([]string{"services", "networks", "volumes", "configs", "secrets", "models"}, parts[0]) && !used[parts[0]+"."+parts[1]] {
			continue
		}
		if !slices.ContainsFunc(out, func(o project.Notice) bool { return o.Key == n.Key && o.Reason == n.Reason }) {
			out = append(out, n)
		}
	}
	return out
}

// uses adds what a container uses of the top level of the files.
func uses(s *types.ContainerSpec, used map[string]bool) {
	for n := range s.Networks {
		used["networks."+n] = true
	}
	for _, v := range s.Volumes {
		used["volumes."+v.Source] = true
	}
	for _, c := range s.Configs {
		used["configs."+c.Source] = true
	}
	for _, c := range s.Secrets {
		used["secrets."+c.Source] = true
	}
}
