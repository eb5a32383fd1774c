package netspec

import (
	"errors"
	"strconv"

	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Port is a port of a service, or of one container alone ("").
func Port(p project.Port, service string) netstack.PortSpec {
	return netstack.PortSpec{
		HostIP: p.HostIP, HostPort: p.HostPort, HostPortEnd: p.HostPortEnd, Target: p.Target, Protocol: p.Protocol,
		Service: service, Auto: p.Auto,
	}
}

// Ports are those that services want to publish; on the host's network a port is published
// by listening on it.
func Ports(services []*project.Service) (wishes []netstack.PortWish) {
	for _, s := range services {
		if s.NetworkMode == "host" {
			continue
		}
		for _, p := range s.Ports {
			wishes = append(wishes, netstack.PortWish{Service: s.Name, Spec: Port(p, s.Name)})
		}
	}
	return wishes
}

// CheckError is the failure of a check of ports before any is published, with its remedy.
func CheckError(err error) error {
	var conflict *netstack.ConflictError
	if errors.As(err, &conflict) {
		return conflictError(conflict, &kernel.StartError{Stage: "ports", Err: err})
	}
	return err
}

// PublishError adds the remedy, and leaves it to the client to look for a
// holder that cannot be seen from inside our user namespace.
func PublishError(p project.Port, err error) error {
	var conflict *netstack.ConflictError
	if !errors.As(err, &conflict) {
		return err
	}
	return conflictError(conflict, &kernel.StartError{Stage: "publish port", Object: strconv.Itoa(int(p.Target)), Err: conflict})
}

func conflictError(c *netstack.ConflictError, e *kernel.StartError) error {
	e.Hint = c.Remedy()
	if c.Own == "" && c.Holder.PID == 0 {
		e.Port = c.Protocol + " " + c.Addr.String()
	}
	return e
}
