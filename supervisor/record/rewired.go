package record

import (
	"maps"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Rewired changes where a container is to stand, without a change of what others
// have copied of it. A new network comes last, as its interface does.
func Rewired(c kernel.Container, op plan.Operation) kernel.Container {
	at := func(e project.Endpoint) bool { return c.NetworkName(e.Network) == op.Network }
	old := slices.IndexFunc(c.Service.Endpoints, at)
	all, on := slices.Clone(c.Service.Endpoints), maps.Clone(c.On)
	if on == nil {
		on = map[string]string{}
	}
	if old >= 0 {
		delete(on, all[old].Network)
	}
	switch {
	case op.Kind == plan.Disconnect && old >= 0:
		all = slices.Delete(all, old, old+1)
	case op.Kind == plan.Disconnect:
	case old >= 0:
		all[old] = op.Endpoint
	default:
		all = append(all, op.Endpoint)
	}
	if op.Kind != plan.Disconnect {
		on[op.Endpoint.Network] = op.Network
	}
	c.Service.Endpoints, c.On = all, on
	return c
}
