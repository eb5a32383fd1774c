package nets

import (
	"fmt"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// netMode converts a network_mode that is none of "none", "host" and "": the
// network of another container, or docker's default one, for which the project's
// default network serves as well.
func (r *reader) netMode(s types.ServiceConfig, out *project.Service) error {
	out.NetworkMode = s.NetworkMode
	switch {
	case out.JoinsNetwork():
		return r.checkJoin(s, out)
	case slices.Contains([]string{"bridge", "default"}, s.NetworkMode):
		out.NetworkMode = ""
		out.Endpoints = []project.Endpoint{{Network: defaultNetwork}}
		return nil
	}
	if r.src.Tolerant() {
		return nil
	}
	return r.src.Fault("write none, host, bridge, service:NAME or container:NAME; a network goes below networks:",
		fmt.Sprintf("services.%s.network_mode: %q is not possible", s.Name, s.NetworkMode), "services", s.Name, "network_mode")
}

// checkJoin refuses what belongs to the owner of the network, as docker does: its
// addresses, its published ports, its names.
func (r *reader) checkJoin(s types.ServiceConfig, out *project.Service) error {
	for _, c := range []struct {
		key string
		set bool
	}{
		{"hostname", s.Hostname != ""}, {"mac_address", s.MacAddress != ""}, {"ports", len(s.Ports) > 0}, {"expose", len(s.Expose) > 0},
		{"links", len(s.Links) > 0}, {"external_links", len(s.ExternalLinks) > 0}, {"dns", len(s.DNS) > 0}, {"extra_hosts", len(s.ExtraHosts) > 0},
	} {
		if c.set {
			return r.src.Fault("write it for the owner of the network, or remove it", fmt.Sprintf("services.%s: %s and network_mode: %s exclude each other", s.Name, c.key, s.NetworkMode),
				"services", s.Name, c.key)
		}
	}
	for key, set := range map[string]bool{"domainname": s.DomainName != "", "dns_search": len(s.DNSSearch) > 0, "dns_opt": len(s.DNSOpts) > 0} {
		if set {
			at := []string{"services", s.Name, key}
			r.src.Notice(project.Ignored, "it is that of the network's owner (network_mode: "+s.NetworkMode+")", at...)
		}
	}
	out.Domainname = ""
	return nil
}
