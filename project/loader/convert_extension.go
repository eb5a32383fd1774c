package loader

import (
	"fmt"
	"strings"

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
	if x.Ready != nil && x.Ready.Log != "" && out.Logging.Driver == project.LogNone {
		return l.fault("choose another way than log, or another driver",
			fmt.Sprintf("services.%s.x-mocker.ready.log: logging.driver: none keeps no line to look at", s.Name), "services", s.Name, extension.Name, "ready", "log")
	}
	if err := l.ownFiles(s, x.OwnFiles); err != nil {
		return err
	}
	out.OwnFiles = x.OwnFiles
	if x.MemoryHigh == "" {
		return nil
	}
	return bounds.MemoryHigh(keySource{l}, s.Name, x.MemoryHigh, &out.Resources)
}

// ownFiles refuses own_files where nothing could come of it.
func (l *load) ownFiles(s types.ServiceConfig, asked string) error {
	if asked == "" || asked == project.OwnFilesOff {
		return nil
	}
	key := []string{"services", s.Name, extension.Name, "own_files"}
	say := func(remedy, why string) error {
		return l.fault(remedy, fmt.Sprintf("services.%s.x-mocker.own_files: %s", s.Name, why), key...)
	}
	switch {
	case s.Privileged:
		return say("remove one of the two", "a privileged service keeps root's rights over its namespaces, which root has not where ids are exchanged")
	case s.Image == "" && s.Build == nil, strings.HasPrefix(s.Image, "rootfs:"):
		return say("remove it: what root writes is yours already", "it is about an image, whose files have to change owners too, and the service has none")
	}
	return nil
}
