package project

import "reflect"

// NetworkName is the resolved name of a network of the project, by its key.
func (p *Project) NetworkName(key string) string {
	for i := range p.Networks {
		if p.Networks[i].Key == key {
			return p.Networks[i].Name
		}
	}
	return p.Name + "_" + key
}

// Attached maps the keys of a service's networks to their resolved names.
func (p *Project) Attached(s *Service) map[string]string {
	if len(s.Endpoints) == 0 {
		return nil
	}
	m := make(map[string]string, len(s.Endpoints))
	for _, e := range s.Endpoints {
		m[e.Network] = p.NetworkName(e.Network)
	}
	return m
}

// Same reports that two definitions give the same network: one that exists need not
// be made anew. Labels, and from which range addresses are chosen, may differ.
func (n Network) Same(o Network) bool {
	return reflect.DeepEqual(n.essence(), o.essence())
}

// essence is what a network cannot change while it exists.
func (n Network) essence() Network {
	n.Key, n.Labels, n.Attachable, n.Source = "", nil, false, Position{}
	subnets := n.Subnets
	n.Subnets = nil
	for _, s := range subnets {
		n.Subnets = append(n.Subnets, Subnet{Subnet: s.Subnet, Gateway: s.Gateway})
	}
	return n
}

// Stays reports that an endpoint that was made as e needs no new interface to be
// what o wants. Names and priorities may differ, and what orders the interfaces of a
// new container.
func (e Endpoint) Stays(o Endpoint) bool {
	for _, x := range []*Endpoint{&e, &o} {
		x.Network, x.Aliases, x.Priority, x.GatewayPriority, x.NoServiceName = "", nil, 0, 0, false
	}
	return reflect.DeepEqual(e, o)
}

// Equal reports that nothing need be done to make o of e.
func (e Endpoint) Equal(o Endpoint) bool {
	e.Network, o.Network = "", ""
	e.Priority, o.Priority = 0, 0
	return reflect.DeepEqual(e, o)
}

// VolumeName is the resolved name of a volume of the project, by its key.
func (p *Project) VolumeName(key string) string {
	for i := range p.Volumes {
		if p.Volumes[i].Key == key {
			return p.Volumes[i].Name
		}
	}
	return p.Name + "_" + key
}

// VolumesOf maps the keys of a service's named volumes to their resolved names.
func (p *Project) VolumesOf(s *Service) map[string]string {
	var m map[string]string
	for _, mount := range s.Mounts {
		if mount.Type == MountVolume && mount.Source != "" {
			if m == nil {
				m = map[string]string{}
			}
			m[mount.Source] = p.VolumeName(mount.Source)
		}
	}
	return m
}
