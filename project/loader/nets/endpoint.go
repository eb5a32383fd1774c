package nets

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/netstack/ether"
	"github.com/mocker-compose/mocker-compose/project"
)

// Options of docker for one endpoint.
const (
	optionIfname  = "com.docker.network.endpoint.ifname"
	optionSysctls = "com.docker.network.endpoint.sysctls"
)

// endpoint converts what a service says of one of its networks.
func (r *reader) endpoint(service, key string, n *types.ServiceNetworkConfig, e *project.Endpoint) error {
	fault := func(hint, message, at string) error {
		return r.src.Fault(hint, fmt.Sprintf("services.%s.networks.%s.%s: %s", service, key, at, message), "services", service, "networks", key, at)
	}
	e.Aliases, e.IPv4Address, e.IPv6Address, e.LinkLocal = n.Aliases, n.Ipv4Address, n.Ipv6Address, n.LinkLocalIPs
	e.Priority, e.GatewayPriority, e.NoServiceName = n.Priority, n.GatewayPriority, !n.ServiceNameAliasEnabled()
	if a, err := netip.ParseAddr(e.IPv4Address); e.IPv4Address != "" && (err != nil || !a.Is4()) {
		return fault("write four numbers: 10.0.0.2", fmt.Sprintf("%q is not an IPv4 address", e.IPv4Address), "ipv4_address")
	}
	if e.IPv6Address != "" {
		a, err := netip.ParseAddr(e.IPv6Address)
		if err != nil || !a.Is6() || a.Is4In6() || a.Zone() != "" {
			return fault("write it as fd00:5::2", fmt.Sprintf("%q is not an IPv6 address", e.IPv6Address), "ipv6_address")
		}
		e.IPv6Address = a.String()
	}
	for _, text := range e.LinkLocal {
		if a, err := netip.ParseAddr(text); err != nil || !a.IsLinkLocalUnicast() || a.Zone() != "" {
			return fault("write it as 169.254.8.8 or fe80::8", fmt.Sprintf("%q is not a link-local address", text), "link_local_ips")
		}
	}
	if n.MacAddress != "" {
		mac, err := ether.ParseMAC(n.MacAddress)
		if err != nil {
			return fault("write six pairs of hexadecimal digits, the first pair even", err.Error(), "mac_address")
		}
		e.MACAddress = mac.String()
	}
	if e.Interface = n.InterfaceName; e.Interface == "" {
		e.Interface = n.DriverOpts[optionIfname]
	}
	if err := ether.CheckName(e.Interface); e.Interface != "" && err != nil {
		return fault("write for example eth1", err.Error(), "interface_name")
	}
	sysctls, err := interfaceSysctls(n.DriverOpts[optionSysctls])
	if err != nil {
		return fault("write net.ipv4.conf.IFNAME.KEY=VALUE, with commas between several", err.Error(), "driver_opts")
	}
	e.Sysctls = sysctls
	return nil
}

// interfaceSysctls reads docker's list of settings of one interface, whose name is
// written IFNAME.
func interfaceSysctls(text string) (list []string, err error) {
	if text == "" {
		return nil, nil
	}
	for _, item := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(item), "=")
		parts := strings.Split(key, ".")
		if !ok || value == "" || len(parts) != 5 || parts[0] != "net" || !slices.Contains([]string{"ipv4", "ipv6"}, parts[1]) ||
			!slices.Contains([]string{"conf", "neigh"}, parts[2]) || parts[3] != "IFNAME" || strings.ContainsAny(parts[4], "/") || parts[4] == "" {
			return nil, fmt.Errorf("%s: %q is not a setting of an interface", optionSysctls, item)
		}
		list = append(list, key+"="+value)
	}
	return list, nil
}

// serviceMAC gives the service's mac_address to its first network, as docker
// compose does.
func (r *reader) serviceMAC(s types.ServiceConfig, out *project.Service) error {
	if s.MacAddress == "" {
		return nil
	}
	at := []string{"services", s.Name, "mac_address"}
	mac, err := ether.ParseMAC(s.MacAddress)
	if err != nil {
		return r.src.Fault("write six pairs of hexadecimal digits, the first pair even", fmt.Sprintf("services.%s.mac_address: %v", s.Name, err), at...)
	}
	if len(out.Endpoints) == 0 {
		return nil
	}
	e := &out.Endpoints[0]
	if e.MACAddress != "" && e.MACAddress != mac.String() {
		return r.src.Fault("remove one of them", fmt.Sprintf("services.%s: mac_address and networks.%s.mac_address differ", s.Name, e.Network), at...)
	}
	e.MACAddress = mac.String()
	return nil
}
