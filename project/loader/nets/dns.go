package nets

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// dns converts dns, dns_search and dns_opt.
func (r *reader) dns(s types.ServiceConfig, out *project.Service) error {
	for _, server := range s.DNS {
		if a, err := netip.ParseAddr(server); err != nil || a.IsUnspecified() || a.IsMulticast() {
			return r.src.Fault("write an address: 192.0.2.53", fmt.Sprintf("services.%s.dns: %q is not the address of a name server", s.Name, server), "services", s.Name, "dns", server)
		}
	}
	if len(s.DNSSearch) == 1 && s.DNSSearch[0] == "" {
		s.DNSSearch = []string{"."} // none, as docker makes of it
	}
	for key, words := range map[string][]string{"dns_search": s.DNSSearch, "dns_opt": s.DNSOpts} {
		for _, w := range words {
			if w == "" || strings.ContainsAny(w, " \t\r\n#;") {
				return r.src.Fault("write one word for each entry", fmt.Sprintf("services.%s.%s: %q cannot stand in a resolv.conf", s.Name, key, w), "services", s.Name, key)
			}
		}
	}
	out.DNS = project.DNS{Servers: s.DNS, Search: s.DNSSearch, Options: s.DNSOpts}
	return nil
}
