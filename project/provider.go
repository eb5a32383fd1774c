package project

import (
	"maps"
	"slices"
	"strings"
)

// Provider is a service that no container is made for: a program of the user's on this
// machine makes and removes what it stands for (compose specification, "provider").
type Provider struct {
	// Service is the service's name.
	Service string `json:"service"`
	// Type names the program: docker-TYPE among docker's plugins, else TYPE in PATH.
	Type string `json:"type"`
	// Options are passed as --KEY=VALUE, one for each value.
	Options map[string][]string `json:"options,omitempty"`
	// DependsOn are other providers that come first, sorted.
	DependsOn []string `json:"depends_on,omitempty"`
	// For are the services that depend on it, and get the variables that it sets, sorted.
	For []string `json:"for,omitempty"`
	// Source is where the service is defined.
	Source Position `json:"source,omitzero"`
}

// Arguments are the options that known allows, as the program takes them, in one order
// each time.
func (p *Provider) Arguments(known func(option string) bool) (args []string) {
	for _, key := range slices.Sorted(maps.Keys(p.Options)) {
		for _, value := range p.Options[key] {
			if known(key) {
				args = append(args, "--"+key+"="+value)
			}
		}
	}
	return args
}

// Provider finds a provider by its service's name.
func (p *Project) Provider(service string) *Provider {
	for i := range p.Providers {
		if p.Providers[i].Service == service {
			return &p.Providers[i]
		}
	}
	return nil
}

// ProvidersOf are the providers that the services need: those among them and, with
// deps, those that they depend on, directly or not. No service means all. In the
// order in which they run: a provider after those that it depends on.
func (p *Project) ProvidersOf(services []string, deps bool) []*Provider {
	wanted := map[string]bool{}
	if len(services) == 0 {
		for i := range p.Providers {
			wanted[p.Providers[i].Service] = true
		}
	}
	var want func(name string)
	want = func(name string) {
		if wanted[name] {
			return
		}
		wanted[name] = true
		if !deps {
			return
		}
		if s, ok := p.Service(name); ok {
			for _, d := range s.DependsOn {
				want(d.Service)
			}
		}
		if of := p.Provider(name); of != nil {
			for _, d := range of.DependsOn {
				want(d)
			}
		}
		for i := range p.Providers {
			if slices.Contains(p.Providers[i].For, name) {
				want(p.Providers[i].Service)
			}
		}
	}
	for _, name := range services {
		want(name)
	}
	return p.providersInOrder(wanted)
}

// providersInOrder sorts providers by their dependencies, which have no circle.
func (p *Project) providersInOrder(wanted map[string]bool) (order []*Provider) {
	placed := map[string]bool{}
	var place func(of *Provider)
	place = func(of *Provider) {
		if placed[of.Service] {
			return
		}
		placed[of.Service] = true
		for _, d := range of.DependsOn {
			if other := p.Provider(d); other != nil && wanted[d] {
				place(other)
			}
		}
		order = append(order, of)
	}
	for i := range p.Providers {
		if wanted[p.Providers[i].Service] {
			place(&p.Providers[i])
		}
	}
	return order
}

// VariableOf is the name under which the services that depend on a provider get a
// variable that it sets.
func VariableOf(provider, key string) string { return strings.ToUpper(provider) + "_" + key }

// SetVariable sets a variable of the service's environment, and tells what it was.
func (s *Service) SetVariable(key, value string) (old string, was bool) {
	entry := key + "=" + value
	for i, e := range s.Environment {
		if name, v, _ := strings.Cut(e, "="); name == key {
			s.Environment = slices.Clone(s.Environment)
			s.Environment[i] = entry
			return v, true
		}
	}
	s.Environment = append(slices.Clip(s.Environment), entry)
	slices.Sort(s.Environment)
	return "", false
}
