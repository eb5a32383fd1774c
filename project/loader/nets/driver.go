package nets

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/netstack/ether"
	"github.com/mocker-compose/mocker-compose/project"
)

// Options of docker's bridge driver that are honoured.
const (
	optionMTU        = "com.docker.network.driver.mtu"
	optionBridge     = "com.docker.network.bridge.name"
	optionICC        = "com.docker.network.bridge.enable_icc"
	optionHostBind   = "com.docker.network.bridge.host_binding_ipv4"
	optionMasquerade = "com.docker.network.bridge.enable_ip_masquerade"
	optionPrefix     = "com.docker.network.container_iface_prefix"
)

// The MTU of a network lies between what IPv4 demands (RFC 791), or IPv6 (RFC
// 8200, 5), and what a bridge can have.
const (
	minMTU4 = 68
	minMTU6 = 1280
	maxMTU  = 65535
)

// driverOptions converts driver_opts. The support table says which are left out.
func (r *reader) driverOptions(n types.NetworkConfig, out *project.Network) error {
	fault := func(option, hint, message string) error {
		return r.src.Fault(hint, fmt.Sprintf("networks.%s.driver_opts: %s: %s", out.Key, option, message), "networks", out.Key, "driver_opts", option)
	}
	if v, ok := n.DriverOpts[optionMTU]; ok {
		least := minMTU4
		if out.IPv6 {
			least = minMTU6
		}
		mtu, err := strconv.Atoi(v)
		if err != nil || mtu != 0 && (mtu < least || mtu > maxMTU) {
			return fault(optionMTU, fmt.Sprintf("write a number from %d to %d", least, maxMTU), fmt.Sprintf("%q is not possible", v))
		}
		out.MTU = mtu
	}
	if out.Bridge = n.DriverOpts[optionBridge]; out.Bridge != "" {
		if err := ether.CheckName(out.Bridge); err != nil {
			return fault(optionBridge, "choose another name", err.Error())
		}
	}
	if v, ok := n.DriverOpts[optionICC]; ok {
		icc, err := strconv.ParseBool(v)
		if err != nil {
			return fault(optionICC, `write "true" or "false"`, fmt.Sprintf("%q is neither", v))
		}
		out.Isolated = !icc
	}
	if v, ok := n.DriverOpts[optionHostBind]; ok {
		if a, err := netip.ParseAddr(v); err != nil || !a.Is4() {
			return fault(optionHostBind, "write for example 127.0.0.1", fmt.Sprintf("%q is not an IPv4 address", v))
		}
	}
	if v, ok := n.DriverOpts[optionMasquerade]; ok && v != "true" && v != "1" {
		at := []string{"networks", out.Key, "driver_opts", optionMasquerade}
		r.src.Notice(project.Ignored, "connections to the outside are this machine's own, with its address; internal: true closes the way", at...)
	}
	if v := n.DriverOpts[optionPrefix]; v != "" {
		if err := ether.CheckName(v + "99"); err != nil {
			return fault(optionPrefix, "write for example eth", err.Error())
		}
	}
	return nil
}

// driverDefaults carries out the options of networks that are about services: the
// host's address of published ports, and how interfaces are called.
func (r *reader) driverDefaults(m *types.Project, p *project.Project) {
	for i := range p.Services {
		s := &p.Services[i]
		if w := p.DefaultNetwork(s); w != nil && !w.External {
			for j := range s.Ports {
				if s.Ports[j].HostIP == "" {
					s.Ports[j].HostIP = m.Networks[w.Key].DriverOpts[optionHostBind]
				}
			}
		}
		for j := range s.Endpoints {
			e := &s.Endpoints[j]
			if prefix := m.Networks[e.Network].DriverOpts[optionPrefix]; e.Interface == "" && prefix != "" && prefix != "eth" && !bool(m.Networks[e.Network].External) {
				e.Interface = freeName(s.Endpoints, prefix)
			}
		}
	}
}

// freeName is the first of prefix0, prefix1 … that no endpoint has.
func freeName(endpoints []project.Endpoint, prefix string) string {
	for i := 0; ; i++ {
		name := prefix + strconv.Itoa(i)
		if !slices.ContainsFunc(endpoints, func(e project.Endpoint) bool { return e.Interface == name }) {
			return name
		}
	}
}
