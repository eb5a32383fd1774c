package nets

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

const defaultNetwork = "default"

// attachments converts network_mode and networks.
func (r *reader) attachments(s types.ServiceConfig, out *project.Service) error {
	switch s.NetworkMode {
	case "none", "host":
		out.NetworkMode = s.NetworkMode
		return nil
	case "":
	default:
		return r.netMode(s, out)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Networks)) {
		e := project.Endpoint{Network: key}
		if n := s.Networks[key]; n != nil {
			if err := r.endpoint(s.Name, key, n, &e); err != nil {
				return err
			}
		}
		out.Endpoints = append(out.Endpoints, e)
	}
	// docker compose's order, in which interfaces are numbered.
	slices.SortStableFunc(out.Endpoints, func(a, b project.Endpoint) int { return cmp.Compare(b.Priority, a.Priority) })
	return r.serviceMAC(s, out)
}

// builtin lets a service whose only network is the machine's, or none, be what
// network_mode makes of it: driver host or none, or an external network of that
// name, which docker has.
func (r *reader) builtin(m *types.Project, s types.ServiceConfig) (types.ServiceConfig, error) {
	for _, key := range slices.Sorted(maps.Keys(s.Networks)) {
		n := m.Networks[key]
		mode := n.Driver
		if mode == "" && bool(n.External) {
			mode = n.Name
		}
		if mode != "host" && mode != "none" {
			continue
		}
		if len(s.Networks) > 1 {
			return s, r.src.Fault("remove it, or the others", fmt.Sprintf("services.%s.networks: %s is network_mode: %s, beside which there is no other network", s.Name, key, mode),
				"services", s.Name, "networks", key)
		}
		s.NetworkMode, s.Networks = mode, nil
	}
	return s, nil
}

// networks converts the networks that services use, or all with --all-resources.
func (r *reader) networks(m *types.Project, p *project.Project) error {
	used := map[string]bool{}
	for i := range p.Services {
		s := &p.Services[i]
		for _, e := range s.Endpoints {
			used[e.Network] = true
		}
		for _, step := range s.PreStart {
			for _, e := range step.Service.Endpoints {
				used[e.Network] = true
			}
		}
	}
	if r.src.All() {
		for key := range m.Networks {
			used[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(used)) {
		n := m.Networks[key]
		out := project.Network{Key: key, Name: n.Name, External: bool(n.External), Labels: n.Labels, Source: r.src.Position("networks", key)}
		if out.Name == "" {
			out.Name = p.Name + "_" + key
		}
		if !out.External {
			if err := r.ownNetwork(n, &out); err != nil {
				return err
			}
		}
		p.Networks = append(p.Networks, out)
	}
	if err := r.checkSubnets(p); err != nil {
		return err
	}
	if err := r.checkAddresses(p); err != nil {
		return err
	}
	reserveAddresses(p)
	r.driverDefaults(m, p)
	return nil
}

// ownNetwork converts a network that the project makes.
func (r *reader) ownNetwork(n types.NetworkConfig, out *project.Network) error {
	out.Internal, out.Attachable = n.Internal, n.Attachable
	out.NoIPv4 = n.EnableIPv4 != nil && !*n.EnableIPv4
	out.IPv6 = n.EnableIPv6 != nil && *n.EnableIPv6
	if out.NoIPv4 && !out.IPv6 {
		return r.src.Fault("write enable_ipv6: true, or remove enable_ipv4", fmt.Sprintf("networks.%s: it has neither IPv4 nor IPv6", out.Key), "networks", out.Key, "enable_ipv4")
	}
	for i, pool := range n.Ipam.Config {
		if pool == nil {
			continue
		}
		if err := r.pool(out, i, pool); err != nil {
			return err
		}
	}
	return r.driverOptions(n, out)
}
