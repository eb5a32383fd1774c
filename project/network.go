package project

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// Network is a compose network.
type Network struct {
	Key      string `json:"key"`
	Name     string `json:"name"` // resolved name, project_key by default
	Internal bool   `json:"internal,omitempty"`
	// External: it was made before, by network create, and projects share it. What
	// it is like is said there.
	External bool `json:"external,omitempty"`
	// NoIPv4 and IPv6 are enable_ipv4: false and enable_ipv6: true.
	NoIPv4 bool `json:"no_ipv4,omitempty"`
	IPv6   bool `json:"ipv6,omitempty"`
	// Subnets are those of ipam, at most one of each family. A family that is
	// enabled and has none gets one chosen.
	Subnets    []Subnet          `json:"subnets,omitempty"`
	MTU        int               `json:"mtu,omitempty"`      // bytes; 0 = the default
	Bridge     string            `json:"bridge,omitempty"`   // name of the bridge; "" = chosen
	Isolated   bool              `json:"isolated,omitempty"` // its containers do not reach each other (enable_icc: false)
	Attachable bool              `json:"attachable,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`

	// Source is where the network is defined.
	Source Position `json:"source"`
}

// Subnet is a range of a network's addresses.
type Subnet struct {
	Subnet  string            `json:"subnet"`             // CIDR
	Gateway string            `json:"gateway,omitempty"`  // "" = the first address
	IPRange string            `json:"ip_range,omitempty"` // CIDR from which addresses are chosen; "" = all
	Aux     map[string]string `json:"aux,omitempty"`      // addresses that are not given out, by what has them
}

// reservedFor begins the names in Aux that no file has written.
const reservedFor = "service "

// Reserve enters those of a service's addresses that lie in the subnet into Aux.
func (s *Subnet) Reserve(service string, addresses ...string) {
	subnet, err := netip.ParsePrefix(s.Subnet)
	for _, text := range addresses {
		if a, err2 := netip.ParseAddr(text); err == nil && err2 == nil && subnet.Contains(a) {
			if s.Aux == nil {
				s.Aux = map[string]string{}
			}
			s.Aux[reservedFor+service] = text
		}
	}
}

// WrittenAux are those of Aux that a file has, without what Reserve has entered.
func WrittenAux(aux map[string]string) map[string]string {
	out := maps.Clone(aux)
	maps.DeleteFunc(out, func(name, _ string) bool { return strings.HasPrefix(name, reservedFor) })
	return out
}

// Endpoint is a service's attachment to one network.
type Endpoint struct {
	Network     string   `json:"network"` // key in Project.Networks
	Aliases     []string `json:"aliases,omitempty"`
	IPv4Address string   `json:"ipv4_address,omitempty"`
	IPv6Address string   `json:"ipv6_address,omitempty"`
	MACAddress  string   `json:"mac_address,omitempty"` // as net.HardwareAddr prints it
	Interface   string   `json:"interface,omitempty"`   // its name; "" = eth0, eth1 …
	LinkLocal   []string `json:"link_local,omitempty"`  // further addresses of the interface
	// Priority orders the interfaces, the highest first; GatewayPriority decides
	// which endpoint gives the default route.
	Priority        int `json:"priority,omitempty"`
	GatewayPriority int `json:"gateway_priority,omitempty"`
	// Sysctls are settings of the interface, "net.ipv4.conf.IFNAME.KEY=VALUE".
	Sysctls []string `json:"sysctls,omitempty"`
	// NoServiceName: the service's name is not known here (use_service_name_alias: false).
	NoServiceName bool `json:"no_service_name,omitempty"`
}

// Fixed is an address that only one container can have; "" if there is none.
func (e *Endpoint) Fixed() string { return cmp.Or(e.IPv4Address, e.IPv6Address, e.MACAddress) }

// FixedEndpoint is the first endpoint with a fixed address, or nil.
func (s *Service) FixedEndpoint() *Endpoint {
	for i := range s.Endpoints {
		if s.Endpoints[i].Fixed() != "" {
			return &s.Endpoints[i]
		}
	}
	return nil
}

// DefaultNetwork is the one whose gateway is the default of the service's
// containers: of those with a way out, the one with the highest gateway priority,
// among equals the first by name. nil means that there is none.
func (p *Project) DefaultNetwork(s *Service) *Network {
	var best *Network
	priority := 0
	for _, e := range s.Endpoints {
		for i := range p.Networks {
			n := &p.Networks[i]
			if n.Key != e.Network || n.Internal {
				continue
			}
			if best == nil || e.GatewayPriority > priority || e.GatewayPriority == priority && n.Name < best.Name {
				best, priority = n, e.GatewayPriority
			}
		}
	}
	return best
}

// HostGateway stands in extra_hosts for the address of this machine.
const HostGateway = "host-gateway"

// WantsHost reports that the service has a name for this machine.
func (s *Service) WantsHost() bool {
	return slices.ContainsFunc(s.ExtraHosts, func(h string) bool { return strings.HasSuffix(h, "="+HostGateway) })
}
