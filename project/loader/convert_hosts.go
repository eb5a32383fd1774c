package loader

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/bounds"
)

// extraHosts converts extra_hosts. host-gateway is the host: on its own network
// that is the loopback, elsewhere what the network says.
func (l *load) extraHosts(s types.ServiceConfig, out *project.Service) error {
	for _, name := range slices.Sorted(maps.Keys(s.ExtraHosts)) {
		for _, address := range s.ExtraHosts[name] {
			at := []string{"services", s.Name, "extra_hosts", name}
			switch _, err := netip.ParseAddr(address); {
			case address == project.HostGateway && s.NetworkMode == "host":
				address = "127.0.0.1"
			case address == project.HostGateway && s.NetworkMode == "none":
				l.notices = append(l.notices, project.Notice{Fate: project.Degraded, Key: strings.Join(at[:3], "."),
					Reason: name + " is left out: nothing leads from network_mode: none to the host", Source: l.position(at...)})
				continue
			case address != project.HostGateway && err != nil:
				return l.fault("write NAME:ADDRESS, or NAME:host-gateway for this machine", fmt.Sprintf("services.%s.extra_hosts: %s: %q is not an address", s.Name, name, address), at...)
			}
			out.ExtraHosts = append(out.ExtraHosts, name+"="+address)
		}
	}
	return nil
}

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
			if err := bounds.MemoryHigh(limitSource{l}, s.Name, keys[name], &out.Resources); err != nil {
				return err
			}
			continue
		}
		if name != loopback {
			return l.fault(suggest(name, []string{loopback, high}), fmt.Sprintf("services.%s.x-mocker.%s: unknown key", s.Name, name), append(at, name)...)
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
