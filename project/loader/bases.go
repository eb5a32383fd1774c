package loader

import (
	"slices"

	"go.yaml.in/yaml/v4"
)

// bases adds to used the services that used ones extend, directly or not:
// what stands in a base is in effect in the service that extends it. Names
// count, not files: a base of the same name elsewhere may be heard too.
func (l *load) bases(used map[string]bool) {
	extends := map[string][]string{}
	for _, s := range slices.Concat(l.reached, l.files) {
		for _, doc := range s.docs {
			services := childNode(doc, "services")
			if services == nil || services.Kind != yaml.MappingNode {
				continue
			}
			for i := 0; i+1 < len(services.Content); i += 2 {
				if base := l.baseOf(services.Content[i+1]); base != "" {
					name := services.Content[i].Value
					extends[name] = append(extends[name], base)
				}
			}
		}
	}
	var visit func(name string)
	visit = func(name string) {
		for _, base := range extends[name] {
			if !used["services."+base] {
				used["services."+base] = true
				visit(base)
			}
		}
	}
	for name := range extends {
		if used["services."+name] {
			visit(name)
		}
	}
}

// baseOf is the name of the service that this one extends, "" if none.
func (l *load) baseOf(service *yaml.Node) string {
	ext := childNode(service, "extends")
	if ext != nil && ext.Kind == yaml.MappingNode {
		ext = childNode(ext, "service")
	}
	if ext == nil || ext.Kind != yaml.ScalarNode {
		return ""
	}
	return l.scalar(ext.Value)
}
