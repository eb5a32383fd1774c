package project

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// CycleError says that services depend on each other in a circle.
type CycleError struct {
	// Path names the services of the circle; the last is the first again.
	Path []string
}

func (e *CycleError) Error() string {
	return "dependency cycle: " + strings.Join(e.Path, " -> ")
}

// UnknownServiceError says that a name is not a service of the project.
type UnknownServiceError struct {
	Name     string
	Disabled bool // a profile that is not active would enable it
}

func (e *UnknownServiceError) Error() string {
	if e.Disabled {
		return fmt.Sprintf("service %q is disabled: none of its profiles is active", e.Name)
	}
	return fmt.Sprintf("no such service: %s", e.Name)
}

// Service finds an enabled service by name.
func (p *Project) Service(name string) (*Service, bool) {
	i, ok := slices.BinarySearchFunc(p.Services, name, func(s Service, n string) int { return strings.Compare(s.Name, n) })
	if !ok {
		return nil, false
	}
	return &p.Services[i], true
}

// Levels groups the services so that each stands in a later group than all
// its dependencies: groups start one after the other, the services of a group
// together. For stopping, read it backwards. The error is a *CycleError.
func (p *Project) Levels() ([][]string, error) {
	if cycle := p.Cycle(); cycle != nil {
		return nil, &CycleError{Path: cycle}
	}
	depth := make(map[string]int, len(p.Services))
	var visit func(s *Service) int
	visit = func(s *Service) int {
		if d, done := depth[s.Name]; done {
			return d
		}
		d := 0
		for _, dep := range s.DependsOn {
			if on, ok := p.Service(dep.Service); ok {
				d = max(d, visit(on)+1)
			}
		}
		depth[s.Name] = d
		return d
	}
	var levels [][]string
	for i := range p.Services {
		d := visit(&p.Services[i])
		for len(levels) <= d {
			levels = append(levels, nil)
		}
		levels[d] = append(levels[d], p.Services[i].Name)
	}
	return levels, nil
}

// Cycle finds services that depend on each other in a circle: their names in
// order, the first again at the end; nil if there is none. Of several cycles
// it names the one met first in the order of names.
func (p *Project) Cycle() []string {
	const open, closed = 1, 2
	state := make(map[string]int, len(p.Services))
	var path, found []string
	var visit func(s *Service) bool
	visit = func(s *Service) bool {
		state[s.Name] = open
		path = append(path, s.Name)
		for _, dep := range s.DependsOn {
			if state[dep.Service] == open {
				found = append(slices.Clone(path[slices.Index(path, dep.Service):]), dep.Service)
				return true
			}
			if on, ok := p.Service(dep.Service); ok && state[dep.Service] == 0 && visit(on) {
				return true
			}
		}
		path = path[:len(path)-1]
		state[s.Name] = closed
		return false
	}
	for i := range p.Services {
		if state[p.Services[i].Name] == 0 && visit(&p.Services[i]) {
			return found
		}
	}
	return nil
}

// WithDependencies returns the named services and all that they depend on,
// directly or not, sorted; all services if none is named. The error is an
// *UnknownServiceError.
func (p *Project) WithDependencies(names []string) ([]string, error) {
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		s, ok := p.Service(name)
		if !ok || seen[name] {
			return
		}
		seen[name] = true
		for _, dep := range s.DependsOn {
			visit(dep.Service)
		}
	}
	for _, name := range names {
		if _, ok := p.Service(name); !ok {
			return nil, &UnknownServiceError{Name: name, Disabled: slices.Contains(p.Disabled, name)}
		}
		visit(name)
	}
	var out []string
	for i := range p.Services {
		if n := p.Services[i].Name; seen[n] || len(names) == 0 {
			out = append(out, n)
		}
	}
	return out, nil
}

// Dependents returns the services that depend directly on name and satisfy
// the condition keep, sorted; a nil keep means all.
func (p *Project) Dependents(name string, keep func(Dependency) bool) []string {
	var out []string
	for i := range p.Services { // by index: a Service is large
		for _, dep := range p.Services[i].DependsOn {
			if dep.Service == name && (keep == nil || keep(dep)) {
				out = append(out, p.Services[i].Name)
			}
		}
	}
	return out
}

// ContainerName is the name of one replica of a service: container_name, else
// project-service-number, as docker compose has it.
func (p *Project) ContainerName(s *Service, number int) string {
	if s.ContainerName != "" {
		return s.ContainerName
	}
	return p.Joined(p.Name, s.Name, strconv.Itoa(number))
}

// Joined is a name of these parts, with the project's separator between them.
func (p *Project) Joined(parts ...string) string {
	return strings.Join(parts, cmp.Or(p.Separator, "-"))
}
