package nets

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/mocker-compose/mocker-compose/netstack/ipam"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/document"
)

// checkSubnets wants the project's networks apart from each other, also by the
// names of their bridges.
func (r *reader) checkSubnets(p *project.Project) error {
	bridges := map[string]string{}
	var seen []struct {
		key    string
		subnet netip.Prefix
	}
	for i := range p.Networks {
		n := &p.Networks[i]
		if first := bridges[n.Bridge]; n.Bridge != "" && first != "" {
			return r.src.Fault("choose another name for one of them", fmt.Sprintf("networks.%s: bridge %s is that of network %s too", n.Key, n.Bridge, first),
				"networks", n.Key, "driver_opts", optionBridge)
		}
		bridges[n.Bridge] = n.Key
		for _, pool := range n.Subnets {
			subnet := netip.MustParsePrefix(pool.Subnet)
			for _, o := range seen {
				if o.subnet.Overlaps(subnet) {
					return r.src.Fault("choose another subnet for one of them", fmt.Sprintf("networks.%s.ipam.config: subnet %s overlaps with %s of network %s", n.Key, subnet, o.subnet, o.key),
						r.poolPath(n.Key, pool.Subnet)...)
				}
			}
			seen = append(seen, struct {
				key    string
				subnet netip.Prefix
			}{n.Key, subnet})
		}
	}
	return nil
}

// poolPath is the path of the entry of ipam.config with a subnet.
func (r *reader) poolPath(key, subnet string) []string {
	path := []string{"networks", key, "ipam", "config"}
	list := r.src.Node(path)
	if list == nil {
		return path
	}
	for i, item := range list.Content {
		n := document.Child(item, "subnet")
		if n == nil {
			continue
		}
		if p, err := netip.ParsePrefix(n.Value); err == nil && p.Masked().String() == subnet {
			return append(path, fmt.Sprint(i), "subnet")
		}
	}
	return path
}

// checkAddresses wants the addresses that services ask for to be possible, and
// each once, and the others to find a free one.
func (r *reader) checkAddresses(p *project.Project) error {
	for i := range p.Services {
		if err := r.checkInterfaces(&p.Services[i]); err != nil {
			return err
		}
	}
	for i := range p.Networks {
		n := &p.Networks[i]
		if n.External {
			continue // what it is like is known when it is used
		}
		if err := r.checkHardware(p, n); err != nil {
			return err
		}
		if err := r.checkLinkLocal(p, n); err != nil {
			return err
		}
		for _, f := range []family{{true, "ipv4_address", "IPv4"}, {false, "ipv6_address", "IPv6"}} {
			if err := r.checkFamily(p, n, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// family is what differs between IPv4 and IPv6 in a compose file.
type family struct {
	v4        bool
	key, name string
}

// address is what an endpoint asks for.
func (f family) address(e project.Endpoint) string {
	if f.v4 {
		return e.IPv4Address
	}
	return e.IPv6Address
}

// checkLinkLocal wants IPv6 where an endpoint has an address of it.
func (r *reader) checkLinkLocal(p *project.Project, n *project.Network) error {
	for _, s := range p.Services {
		for _, e := range s.Endpoints {
			for _, text := range e.LinkLocal {
				if a, err := netip.ParseAddr(text); e.Network == n.Key && err == nil && a.Is6() && !n.IPv6 {
					return r.src.Fault("write enable_ipv6: true for the network", fmt.Sprintf("services.%s.networks.%s.link_local_ips: %s: network %s has no IPv6", s.Name, n.Key, text, n.Key),
						"services", s.Name, "networks", n.Key, "link_local_ips")
				}
			}
		}
	}
	return nil
}

func (r *reader) checkFamily(p *project.Project, n *project.Network, f family) error {
	space := spaceOf(n, f.v4)
	chosen := 0
	for _, s := range p.Services {
		for _, e := range s.Endpoints {
			if e.Network != n.Key {
				continue
			}
			if f.address(e) == "" {
				chosen += s.Scale
				continue
			}
			if err := r.checkStatic(s, e, n, f, space); err != nil {
				return err
			}
		}
	}
	return r.checkRoom(n, space, chosen)
}

// checkStatic takes the address that an endpoint asks for.
func (r *reader) checkStatic(s project.Service, e project.Endpoint, n *project.Network, f family, space *ipam.Space) error {
	address := f.address(e)
	fault := func(hint, format string, args ...any) error {
		return r.src.Fault(hint, fmt.Sprintf("services.%s.networks.%s.%s: ", s.Name, n.Key, f.key)+fmt.Sprintf(format, args...), "services", s.Name, "networks", n.Key, f.key)
	}
	switch {
	case f.v4 && n.NoIPv4, !f.v4 && !n.IPv6:
		return fault("write enable_"+strings.ToLower(f.name)+": true for the network", "network %s has no %s", n.Key, f.name)
	case space == nil:
		return fault(fmt.Sprintf("add ipam: {config: [{subnet: …}]} with a subnet that has %s to network %s", address, n.Key), "network %s has no %s subnet in the file", n.Key, f.name)
	case s.Scale > 1:
		return fault("remove it, or run one replica", "%d replicas cannot have one address", s.Scale)
	}
	a := netip.MustParseAddr(address)
	if err := space.Take(a, s.Name); err != nil {
		return fault("write another address of "+space.Subnet().String(), "%v", err)
	}
	return nil
}

// checkRoom wants enough addresses for the replicas that ask for none.
func (r *reader) checkRoom(n *project.Network, space *ipam.Space, replicas int) error {
	if space == nil {
		return nil
	}
	for i := range replicas {
		if _, err := space.Next("x"); err != nil {
			return r.src.Fault("widen the range, or use fewer replicas", fmt.Sprintf("networks.%s.ipam.config: %d services and replicas need an address, and there are %d", n.Key, replicas, i),
				r.poolPath(n.Key, space.Subnet().String())...)
		}
	}
	return nil
}

// checkHardware wants each hardware address once on a network.
func (r *reader) checkHardware(p *project.Project, n *project.Network) error {
	owners := map[string]string{}
	for _, s := range p.Services {
		for _, e := range s.Endpoints {
			if e.Network != n.Key || e.MACAddress == "" {
				continue
			}
			at := []string{"services", s.Name, "networks", n.Key, "mac_address"}
			if !r.src.Has(at...) {
				at = []string{"services", s.Name, "mac_address"}
			}
			if first := owners[e.MACAddress]; first != "" {
				return r.src.Fault("write another", fmt.Sprintf("%s: %s is the address of service %s too", strings.Join(at, "."), e.MACAddress, first), at...)
			}
			if s.Scale > 1 {
				return r.src.Fault("remove it, or run one replica", fmt.Sprintf("%s: %d replicas cannot have one address", strings.Join(at, "."), s.Scale), at...)
			}
			owners[e.MACAddress] = s.Name
		}
	}
	return nil
}

// checkInterfaces wants each name once in a service.
func (r *reader) checkInterfaces(s *project.Service) error {
	owners := map[string]string{}
	for _, e := range s.Endpoints {
		if first := owners[e.Interface]; e.Interface != "" && first != "" {
			return r.src.Fault("write another", fmt.Sprintf("services.%s.networks.%s.interface_name: %s is that of network %s too", s.Name, e.Network, e.Interface, first),
				"services", s.Name, "networks", e.Network, "interface_name")
		}
		owners[e.Interface] = e.Network
	}
	return nil
}

// reserveAddresses keeps the addresses that services ask for from those who ask for
// none and may come first.
func reserveAddresses(p *project.Project) {
	for _, s := range p.Services {
		for _, e := range s.Endpoints {
			for i := range p.Networks {
				for j := range p.Networks[i].Subnets {
					if n := &p.Networks[i]; n.Key == e.Network {
						n.Subnets[j].Reserve(s.Name, e.IPv4Address, e.IPv6Address)
					}
				}
			}
		}
	}
}
