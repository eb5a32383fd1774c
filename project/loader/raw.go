package loader

import (
	"cmp"
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/template"
)

// Names are the keys of a section of the files, sorted: services (the enabled ones),
// networks, volumes or models. It works without variables filled in too.
func (l *Loaded) Names(section string) []string {
	if l.dict == nil {
		switch section {
		case "services":
			return l.Model.ServiceNames()
		case "networks":
			return l.Model.NetworkNames()
		case "volumes":
			return l.Model.VolumeNames()
		case "models":
			return l.Model.ModelNames()
		}
		return nil
	}
	m, _ := l.dict[section].(map[string]any)
	return slices.Sorted(maps.Keys(m))
}

// Models are the names of the language models that the files name, sorted.
func (l *Loaded) Models() (out []string) {
	if l.dict == nil {
		for _, m := range l.Model.Models {
			out = append(out, m.Model)
		}
	} else if section, ok := l.dict["models"].(map[string]any); ok {
		for _, m := range section {
			m, _ := m.(map[string]any)
			model, _ := m["model"].(string)
			out = append(out, model)
		}
	}
	slices.Sort(out)
	return slices.Compact(slices.DeleteFunc(out, func(m string) bool { return m == "" }))
}

// Profiles are the profiles of all services, enabled or not, sorted.
func (l *Loaded) Profiles() (out []string) {
	if l.dict == nil {
		for _, s := range l.Model.AllServices() {
			out = append(out, s.Profiles...)
		}
	}
	for _, s := range l.services() {
		list, _ := s["profiles"].([]any)
		for _, p := range list {
			if p, ok := p.(string); ok {
				out = append(out, p)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Variable is a variable that the files use: its default, what stands in its place
// where it is set, and whether a load fails without it.
type Variable = template.Variable

// Variables are those that the files use, by name. It wants Options.NoInterpolate.
func (l *Loaded) Variables() []Variable {
	found := template.ExtractVariables(l.dict, template.DefaultPattern)
	return slices.SortedFunc(maps.Values(found), func(a, b Variable) int { return cmp.Compare(a.Name, b.Name) })
}

// services are those of a model whose variables were not filled in.
func (l *Loaded) services() map[string]map[string]any {
	out := map[string]map[string]any{}
	all, _ := l.dict["services"].(map[string]any)
	for name, s := range all {
		if s, ok := s.(map[string]any); ok {
			out[name] = s
		}
	}
	return out
}
