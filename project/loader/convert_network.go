package loader

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

const defaultNetwork = "default"

// attachments converts network_mode and networks.
func (l *load) attachments(s types.ServiceConfig, out *project.Service) error {
	switch s.NetworkMode {
	case "none", "host":
		out.NetworkMode = s.NetworkMode
		return nil
	case "":
	default:
		return l.netMode(s, out)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Networks)) {
		e := project.Endpoint{Network: key}
		if n := s.Networks[key]; n != nil {
			e.Aliases, e.IPv4Address = n.Aliases, n.Ipv4Address
		}
		if e.IPv4Address != "" {
			if a, err := netip.ParseAddr(e.IPv4Address); err != nil || !a.Is4() {
				return l.fault("write four numbers: 10.0.0.2", fmt.Sprintf("services.%s.networks.%s.ipv4_address: %q is not an IPv4 address", s.Name, key, e.IPv4Address),
					"services", s.Name, "networks", key, "ipv4_address")
			}
		}
		out.Endpoints = append(out.Endpoints, e)
	}
	return nil
}

// networks converts the networks that services use.
func (l *load) networks(m *types.Project, p *project.Project) error {
	used := map[string]bool{}
	for _, s := range p.Services {
		for _, e := range s.Endpoints {
			used[e.Network] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(used)) {
		n := m.Networks[key]
		out := project.Network{Key: key, Name: n.Name, Internal: n.Internal, Labels: n.Labels, Source: l.position("networks", key)}
		if out.Name == "" {
			out.Name = p.Name + "_" + key
		}
		for i, pool := range n.Ipam.Config {
			if pool == nil || pool.Subnet == "" && pool.Gateway == "" {
				continue
			}
			ok, err := l.pool(key, i, pool)
			if err != nil {
				return err
			}
			if ok && out.Subnets == nil {
				out.Subnets = []project.Subnet{{Subnet: pool.Subnet, Gateway: pool.Gateway}}
			}
		}
		p.Networks = append(p.Networks, out)
	}
	return nil
}

// pool checks one entry of ipam.config; it is false for an IPv6 one.
func (l *load) pool(key string, i int, pool *types.IPAMPool) (bool, error) {
	path := []string{"networks", key, "ipam", "config", strconv.Itoa(i), "subnet"}
	subnet, err := netip.ParsePrefix(pool.Subnet)
	if err != nil {
		return false, l.fault("write it as 10.20.0.0/24", fmt.Sprintf("networks.%s.ipam.config: %q is not a subnet", key, pool.Subnet), path...)
	}
	if !subnet.Addr().Is4() {
		file, line := l.at(path...)
		l.notices = append(l.notices, project.Notice{Fate: project.Ignored, Key: strings.Join(path, "."),
			Reason: "networks have IPv4 only for now", Source: project.Position{File: file, Line: line}})
		return false, nil
	}
	if pool.Gateway != "" {
		gw, err := netip.ParseAddr(pool.Gateway)
		if err != nil || !subnet.Contains(gw) {
			path[len(path)-1] = "gateway"
			return false, l.fault("write an address of the subnet", fmt.Sprintf("networks.%s.ipam.config: the gateway %q is not in %s", key, pool.Gateway, pool.Subnet), path...)
		}
	}
	return true, nil
}
