package loader

import (
	"fmt"
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/bounds"
	"github.com/mocker-compose/mocker-compose/project/loader/suggest"
)

// extensionOfService is what only we understand of a service. Other programs skip
// the whole key, so here every word of it is checked.
const extensionOfService = "x-mocker"

func (l *load) serviceExtension(s types.ServiceConfig, out *project.Service) error {
	v, ok := s.Extensions[extensionOfService]
	if !ok || v == nil {
		return nil
	}
	at := []string{"services", s.Name, extensionOfService}
	keys, ok := v.(map[string]any)
	if !ok {
		return l.fault("write for example x-mocker: {host_loopback: true}", fmt.Sprintf("services.%s.x-mocker is not a mapping", s.Name), at...)
	}
	const loopback, high = "host_loopback", "memory_high"
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		if name == high {
			if err := bounds.MemoryHigh(keySource{l}, s.Name, keys[name], &out.Resources); err != nil {
				return err
			}
			continue
		}
		if name != loopback {
			return l.fault(suggest.Key(name, []string{loopback, high}), fmt.Sprintf("services.%s.x-mocker.%s: unknown key", s.Name, name), append(at, name)...)
		}
		on, ok := keys[name].(bool)
		if !ok {
			return l.fault("write true or false", fmt.Sprintf("services.%s.x-mocker.%s: %v is neither true nor false", s.Name, name, keys[name]), append(at, name)...)
		}
		out.HostLoopback = on
	}
	if out.HostLoopback && s.NetworkMode != "host" && !out.WantsHost() {
		return l.fault("add extra_hosts: ['host.docker.internal:host-gateway']",
			fmt.Sprintf("services.%s.x-mocker.host_loopback: the service has no name for this machine", s.Name), append(at, loopback)...)
	}
	return nil
}
