package loader

import (
	"fmt"
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/suggest"
)

// extensionKey is the top-level key that holds what only we understand; for that
// of a service see serviceExtension.
const extensionKey = "x-mocker"

// extension converts x-mocker. Other programs skip the whole key, so here every
// word of it is checked.
func (l *load) extension(m *types.Project, p *project.Project) (err error) {
	v, ok := m.Extensions[extensionKey]
	if !ok || v == nil {
		return nil
	}
	keys, ok := v.(map[string]any)
	if !ok {
		return l.fault("write for example x-mocker: {uplink: pasta}", extensionKey+" is not a mapping", extensionKey)
	}
	const known = "uplink"
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		switch {
		case name == known && keys[name] != nil:
			if p.Uplink, err = project.ParseUplink(fmt.Sprint(keys[name])); err != nil {
				return l.fault("", fmt.Sprintf("%s.%s: %v", extensionKey, name, err), extensionKey, name)
			}
		case name == "host_loopback", name == "memory_high":
			return l.fault("write it below x-mocker of the service that it is about", extensionKey+"."+name+": it is a service's", extensionKey, name)
		case name != known:
			return l.fault(suggest.Key(name, []string{known}), extensionKey+"."+name+": unknown key", extensionKey, name)
		}
	}
	return nil
}
