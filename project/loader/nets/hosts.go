package nets

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// extraHosts converts extra_hosts. host-gateway is the host: on its own network
// that is the loopback, elsewhere what the network says.
func (r *reader) extraHosts(s types.ServiceConfig, out *project.Service) error {
	for _, name := range slices.Sorted(maps.Keys(s.ExtraHosts)) {
		for _, address := range s.ExtraHosts[name] {
			at := []string{"services", s.Name, "extra_hosts", name}
			switch _, err := netip.ParseAddr(address); {
			case address == project.HostGateway && s.NetworkMode == "host":
				address = "127.0.0.1"
			case address == project.HostGateway && s.NetworkMode == "none":
				r.src.Notice(project.Degraded, name+" is left out: nothing leads from network_mode: none to the host", at...)
				continue
			case address != project.HostGateway && err != nil:
				return r.src.Fault("write NAME:ADDRESS, or NAME:host-gateway for this machine", fmt.Sprintf("services.%s.extra_hosts: %s: %q is not an address", s.Name, name, address), at...)
			}
			out.ExtraHosts = append(out.ExtraHosts, name+"="+address)
		}
	}
	return nil
}
