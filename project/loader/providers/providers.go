// Package providers reads services that are provided by a program on this machine
// instead of a container (compose specification, "provider").
//
// All providers run before the first container is made: the variables that they set
// belong to the definition of the services that depend on them. So a provider may
// depend on other providers, and on nothing else.
package providers

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/document"
)

// Source is what the files say beyond the values.
type Source interface {
	// Fault is an error at the line of a key.
	Fault(hint, message string, key ...string) error
	// Notice says that a key is not as it is written, and why.
	Notice(fate project.Fate, reason string, key ...string)
	// Position is where a key stands.
	Position(key ...string) project.Position
	// Node is the value of a key in the last file that has it, nil if none has.
	Node(key []string) *yaml.Node
}

// apart are the keys of a service that mean something beside provider.
var apart = []string{"provider", "depends_on", "profiles", "extends", "<<"}

// Convert reads the enabled services that are provided, sorted by name.
func Convert(src Source, m *types.Project) (list []project.Provider, err error) {
	for _, name := range m.ServiceNames() {
		s := m.Services[name]
		if s.Provider == nil {
			continue
		}
		p := project.Provider{Service: name, Type: s.Provider.Type, Options: s.Provider.Options, Source: src.Position("services", name)}
		if err := check(src, m, s, &p); err != nil {
			return nil, err
		}
		for _, other := range m.ServiceNames() {
			if _, ok := m.Services[other].DependsOn[name]; ok && m.Services[other].Provider == nil {
				p.For = append(p.For, other)
			}
		}
		list = append(list, p)
	}
	return list, circle(src, list)
}

func check(src Source, m *types.Project, s types.ServiceConfig, p *project.Provider) error {
	at := []string{"services", s.Name, "provider"}
	switch {
	case p.Type == "":
		return src.Fault("write provider: {type: NAME}", fmt.Sprintf("services.%s.provider: type is missing", s.Name), at...)
	case p.Type == "compose":
		return src.Fault("name another program", fmt.Sprintf("services.%s.provider: 'compose' is not a valid provider type", s.Name), append(at, "type")...)
	}
	for _, on := range slices.Sorted(maps.Keys(s.DependsOn)) {
		other, ok := m.Services[on]
		if ok && other.Provider == nil {
			return src.Fault("remove it, or let a service of its own do what the provider does",
				fmt.Sprintf("services.%s.depends_on: a provider comes before all containers, and %s is one", s.Name, on), "services", s.Name, "depends_on", on)
		}
		if ok {
			p.DependsOn = append(p.DependsOn, on)
		}
	}
	if left := unused(src, s.Name); len(left) > 0 {
		src.Notice(project.Ignored, "what a provider makes is no container: no effect has "+strings.Join(left, ", "), at...)
	}
	return nil
}

// unused are the keys of the service that a provider makes pointless.
func unused(src Source, name string) (left []string) {
	n := src.Node([]string{"services", name})
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if !slices.Contains(apart, key) && !strings.HasPrefix(key, "x-") && document.Target(n.Content[i+1]).Tag != "!!null" {
			left = append(left, key)
		}
	}
	return left
}

// circle refuses providers that depend on each other.
func circle(src Source, list []project.Provider) error {
	p := &project.Project{}
	for i := range list {
		s := project.Service{Name: list[i].Service}
		for _, d := range list[i].DependsOn {
			s.DependsOn = append(s.DependsOn, project.Dependency{Service: d, Condition: project.ConditionStarted, Required: true})
		}
		p.Services = append(p.Services, s)
	}
	if c := p.Cycle(); c != nil {
		return src.Fault("remove one of these dependencies", "services depend on each other in a circle: "+strings.Join(c, " -> "), "services", c[0], "depends_on", c[1])
	}
	return nil
}
