package record

import (
	"maps"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// ShowNetwork adds to c what only the kernel knows of a container that runs.
func (r *Replica) ShowNetwork(c *api.Container, ports []kernel.PublishedPort, at []kernel.Attachment) {
	for _, p := range ports {
		c.Ports = append(c.Ports, api.Port{HostIP: p.HostIP, Published: p.Bound, Target: p.Target, Protocol: p.Protocol})
	}
	if r.Service.NetworkMode != "host" && !r.Service.JoinsNetwork() {
		c.Ports = append(c.Ports, unpublished(r.Service.ExposedPorts(), c.Ports)...)
	}
	if len(at) == 0 {
		return
	}
	c.Addresses = map[string]string{}
	for _, a := range at {
		c.Addresses[a.Network] = a.IPv4
	}
	c.Networks = slices.Sorted(maps.Keys(c.Addresses))
}

// unpublished are the exposed ports that are published nowhere, as docker lists
// them: without an address of the host.
func unpublished(exposed []project.Port, published []api.Port) (list []api.Port) {
	for _, p := range exposed {
		if !slices.ContainsFunc(published, func(q api.Port) bool { return q.Target == p.Target && q.Protocol == p.Protocol }) {
			list = append(list, api.Port{Target: p.Target, Protocol: p.Protocol})
		}
	}
	return list
}
