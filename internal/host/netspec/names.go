package netspec

import (
	"net/netip"
	"strings"

	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/project"
)

// resolve is what the container's resolver knows beyond the networks' names.
func resolve(s *project.Service) netstack.NameSpec {
	spec := netstack.NameSpec{Servers: NameServers(s.DNS), Options: s.DNS.Options, Links: s.Links}
	for _, line := range s.ExtraHosts {
		name, address, _ := strings.Cut(line, "=")
		if address == project.HostGateway {
			spec.HostNames = append(spec.HostNames, name)
		} else if a, err := netip.ParseAddr(strings.Trim(address, "[]")); err == nil {
			if spec.Hosts == nil {
				spec.Hosts = map[string][]netip.Addr{}
			}
			spec.Hosts[name] = append(spec.Hosts[name], a.Unmap())
		}
	}
	return spec
}

// NameServers are those of the compose file, which the loader has checked.
func NameServers(dns project.DNS) (servers []netip.Addr) {
	for _, s := range dns.Servers {
		if a, err := netip.ParseAddr(s); err == nil {
			servers = append(servers, a)
		}
	}
	return servers
}
