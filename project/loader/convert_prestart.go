package loader

import (
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// preStart converts the steps of pre_start. compose-go has completed each with the
// service's own specification, but for the volumes, which the container gets from that
// of the service.
func (l *load) preStart(m *types.Project, s types.ServiceConfig, out *project.Service) error {
	for _, h := range s.PreStart {
		spec := types.ServiceConfig{Name: s.Name, ContainerSpec: h.ContainerSpec, Restart: "no"}
		if spec.Image == "" {
			spec.Image = s.Image
		}
		step, err := l.service(m, spec)
		if err != nil {
			return err
		}
		for i := range step.Endpoints {
			// They are those of the service's container, which is there already.
			e := &step.Endpoints[i]
			e.IPv4Address, e.IPv6Address, e.MACAddress, e.LinkLocal, e.Aliases = "", "", "", nil, nil
		}
		out.PreStart = append(out.PreStart, project.InitContainer{Service: step, PerReplica: h.PerReplica})
	}
	return nil
}

// withSteps are the services and the steps of their pre_start.
func withSteps(p *project.Project) (all []*project.Service) {
	for i := range p.Services {
		all = append(all, &p.Services[i])
		for n := range p.Services[i].PreStart {
			all = append(all, &p.Services[i].PreStart[n].Service)
		}
	}
	return all
}
