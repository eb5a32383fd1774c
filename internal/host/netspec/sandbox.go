package netspec

import (
	"encoding/json"
	"slices"

	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Sandbox is the net namespace of a container, which stands where its service says.
func Sandbox(sc *kernel.Container) netstack.SandboxSpec {
	spec := netstack.SandboxSpec{
		Hostname:  Hostname(sc),
		Names:     []string{sc.Name}, // in all its networks
		NoNetwork: sc.Service.NetworkMode == "none",
	}
	spec.HostGateway, spec.HostLoopback = sc.Service.WantsHost(), sc.Service.HostLoopback
	spec.ExposesDNS = slices.ContainsFunc(sc.Service.ExposedPorts(), func(p project.Port) bool { return p.Target == 53 })
	if spec.NoNetwork {
		return spec
	}
	spec.Resolve = resolve(&sc.Service)
	for _, e := range sc.Service.Endpoints {
		spec.Endpoints = append(spec.Endpoints, netstack.EndpointSpec{
			Network: sc.NetworkName(e.Network), Aliases: aliases(sc, e), IPv4: e.IPv4Address, IPv6: e.IPv6Address,
			MAC: e.MACAddress, Interface: e.Interface, LinkLocal: e.LinkLocal, GatewayPriority: e.GatewayPriority,
			Sysctls: e.Sysctls,
		})
	}
	return spec
}

// aliases are the further names of a container in one network. One that run made
// must not answer for its service, unless it was asked to.
func aliases(sc *kernel.Container, e project.Endpoint) []string {
	if sc.OneOff != nil && !sc.OneOff.Aliases {
		return nil
	}
	if e.NoServiceName {
		return e.Aliases
	}
	return append([]string{sc.Service.Name}, e.Aliases...)
}

// Hostname is the container's: by default its short id, as with docker.
func Hostname(sc *kernel.Container) string {
	if sc.Service.Hostname != "" {
		return sc.Service.Hostname
	}
	return sc.ID[:min(12, len(sc.ID))]
}

// SameEndpoints reports that two specifications want the same, also when one has been
// read from a record.
func SameEndpoints(a, b netstack.SandboxSpec) bool {
	x, errA := json.Marshal(a.Endpoints)
	y, errB := json.Marshal(b.Endpoints)
	return errA == nil && errB == nil && string(x) == string(y)
}
