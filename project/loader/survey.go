package loader

import (
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/document"
)

// Bounds of what a project has: each service costs compose-go about a
// millisecond, and each link of a chain of extends copies all that it inherits.
const (
	maxServices = 5000
	maxExtends  = 64
)

// survey notes where each service is defined first (later files only override
// it) and what it extends, and bounds both.
func (l *load) survey() error {
	l.defined, l.extends = map[string]project.Position{}, map[string][]string{}
	for _, s := range slices.Concat(l.files, l.reached) {
		for _, doc := range s.Docs {
			services := document.Child(doc, "services")
			if services == nil || services.Kind != yaml.MappingNode {
				continue
			}
			for i := 0; i+1 < len(services.Content); i += 2 {
				key := services.Content[i]
				if _, ok := l.defined[key.Value]; !ok {
					l.defined[key.Value] = project.Position{File: s.Path, Line: key.Line}
				}
				if base := l.baseOf(services.Content[i+1]); base != "" {
					l.extends[key.Value] = append(l.extends[key.Value], base)
				}
			}
			if len(l.defined) > maxServices {
				return &Error{File: s.Name, Line: services.Line, Message: fmt.Sprintf("there are more than %d services", maxServices), Hint: "use scale for services that are alike"}
			}
		}
	}
	return l.checkChains()
}

// checkChains bounds the chains of extends. A circle is found by compose-go.
func (l *load) checkChains() error {
	depth := map[string]int{}
	var visit func(name string) int
	visit = func(name string) int {
		if d, ok := depth[name]; ok {
			return d
		}
		depth[name] = 0 // while it is open: a circle ends here
		d := 0
		for _, base := range l.extends[name] {
			d = max(d, visit(base)+1)
		}
		depth[name] = d
		return d
	}
	for _, name := range slices.Sorted(maps.Keys(l.extends)) {
		if visit(name) > maxExtends {
			return l.fault("let it extend a service nearer to the first", fmt.Sprintf("services.%s.extends: the chain is longer than %d", name, maxExtends), "services", name, "extends")
		}
	}
	return nil
}

// baseOf is the name of the service that this one extends, "" if none.
func (l *load) baseOf(service *yaml.Node) string {
	ext := document.Child(service, "extends")
	if ext != nil && ext.Kind == yaml.MappingNode {
		ext = document.Child(ext, "service")
	}
	if ext == nil || ext.Kind != yaml.ScalarNode {
		return ""
	}
	return l.scalar(ext.Value)
}
