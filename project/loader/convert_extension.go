package loader

import (
	"fmt"
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// extensionKey is the top-level key that holds what only we understand.
const extensionKey = "x-mocker"

// extension converts x-mocker. Other programs skip the whole key, so here every
// word of it is checked.
func (l *load) extension(m *types.Project, p *project.Project) error {
	v, ok := m.Extensions[extensionKey]
	if !ok || v == nil {
		return nil
	}
	keys, ok := v.(map[string]any)
	if !ok {
		return l.fault("write for example x-mocker: {uplink: pasta}", extensionKey+" is not a mapping", extensionKey)
	}
	known := map[string]func(value any, p *project.Project) error{
		"uplink":        extensionUplink,
		"host_loopback": extensionHostLoopback,
	}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		convert := known[name]
		if convert == nil {
			return l.fault(suggest(name, slices.Sorted(maps.Keys(known))), extensionKey+"."+name+": unknown key", extensionKey, name)
		}
		if keys[name] == nil {
			continue
		}
		if err := convert(keys[name], p); err != nil {
			return l.fault("", fmt.Sprintf("%s.%s: %v", extensionKey, name, err), extensionKey, name)
		}
	}
	return nil
}

func extensionUplink(value any, p *project.Project) (err error) {
	p.Uplink, err = project.ParseUplink(fmt.Sprint(value))
	return err
}

func extensionHostLoopback(value any, p *project.Project) error {
	switch fmt.Sprint(value) {
	case "true":
		p.HostLoopback = true
	case "false":
		p.HostLoopback = false
	default:
		return fmt.Errorf("%q is neither true nor false", fmt.Sprint(value))
	}
	return nil
}
