package loader

import (
	"fmt"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/bounds"
	"github.com/mocker-compose/mocker-compose/project/loader/extension"
)

// extension converts x-mocker of the top level.
func (l *load) extension(m *types.Project, p *project.Project) error {
	x, err := extension.Project(keySource{l}, m.Extensions[extension.Name])
	p.Uplink = x.Uplink
	return err
}

// serviceExtension converts x-mocker of a service.
func (l *load) serviceExtension(s types.ServiceConfig, out *project.Service) error {
	x, err := extension.Service(keySource{l}, s.Name, s.Extensions[extension.Name])
	if err != nil {
		return err
	}
	out.HostLoopback, out.Ready = x.HostLoopback, x.Ready
	if x.HostLoopback && s.NetworkMode != "host" && !out.WantsHost() {
		return l.fault("add extra_hosts: ['host.docker.internal:host-gateway']",
			fmt.Sprintf("services.%s.x-mocker.host_loopback: the service has no name for this machine", s.Name), "services", s.Name, extension.Name, "host_loopback")
	}
	if x.MemoryHigh == "" {
		return nil
	}
	return bounds.MemoryHigh(keySource{l}, s.Name, x.MemoryHigh, &out.Resources)
}
