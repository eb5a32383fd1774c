package plan

import (
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
)

// MakeStop plans the stop of services (all if none is named), dependents
// before what they depend on. Only running containers are touched.
func MakeStop(p *project.Project, observed Observed, services []string) (*Plan, error) {
	levels, err := p.Levels()
	if err != nil {
		return nil, err
	}
	if err := known(p, services); err != nil {
		return nil, err
	}
	b, existing := newBuilder(), observed.byService()
	for _, level := range slices.Backward(levels) {
		for _, name := range level {
			if len(services) > 0 && !slices.Contains(services, name) {
				continue
			}
			for _, c := range existing[name] {
				if c.State == Running {
					b.stop(c, "stop", false, p.Dependents(name, nil))
				}
			}
		}
	}
	return &b.p, nil
}

// MakeStart plans the start of the existing containers of services (all if
// none is named) that do not run, with the waits for dependencies that exist.
func MakeStart(p *project.Project, observed Observed, services []string) (*Plan, error) {
	levels, err := p.Levels()
	if err != nil {
		return nil, err
	}
	selected, err := p.WithDependencies(services)
	if err != nil {
		return nil, err
	}
	b, existing := newBuilder(), observed.byService()
	exists := func(service string) bool { return len(existing[service]) > 0 }
	for _, level := range levels {
		for _, name := range level {
			if !slices.Contains(selected, name) {
				continue
			}
			s, _ := p.Service(name)
			for _, c := range existing[name] {
				if c.State != Running {
					b.start(s, c, "not running", exists)
				}
			}
		}
	}
	return &b.p, nil
}

// MakeRestart plans a restart of services (all if none is named): their
// containers, and the running ones of services that say restart: true about
// them, are stopped in reverse order and started in order. With noDeps the
// dependents are left alone.
func MakeRestart(p *project.Project, observed Observed, services []string, noDeps bool) (*Plan, error) {
	levels, err := p.Levels()
	if err != nil {
		return nil, err
	}
	if err := known(p, services); err != nil {
		return nil, err
	}
	causes := restartSet(p, levels, services, noDeps)
	b, existing := newBuilder(), observed.byService()
	affected := func(c Container) bool { return c.State == Running || causes[c.Service] == "restart" }
	for _, level := range slices.Backward(levels) {
		for _, name := range level {
			for _, c := range existing[name] {
				if causes[name] != "" && c.State == Running {
					b.stop(c, causes[name], false, p.Dependents(name, nil))
				}
			}
		}
	}
	inSet := func(service string) bool { return causes[service] != "" && len(existing[service]) > 0 }
	for _, level := range levels {
		for _, name := range level {
			s, _ := p.Service(name)
			for _, c := range existing[name] {
				if causes[name] != "" && affected(c) {
					b.start(s, c, causes[name], inSet, b.stops[name]...)
				}
			}
		}
	}
	return &b.p, nil
}

// restartSet is which services restart, and why.
func restartSet(p *project.Project, levels [][]string, services []string, noDeps bool) map[string]string {
	causes := map[string]string{}
	for _, level := range levels {
		for _, name := range level {
			if len(services) == 0 || slices.Contains(services, name) {
				causes[name] = "restart"
				continue
			}
			s, _ := p.Service(name)
			for _, d := range s.DependsOn {
				if d.Restart && !noDeps && causes[d.Service] != "" {
					causes[name] = d.Service + " restarts"
					break
				}
			}
		}
	}
	return causes
}

func known(p *project.Project, services []string) error {
	if p.Name == "" {
		return nil // no up has said yet which there are
	}
	for _, name := range services {
		if _, ok := p.Service(name); !ok {
			return &project.UnknownServiceError{Name: name, Disabled: slices.Contains(p.Disabled, name)}
		}
	}
	return nil
}
