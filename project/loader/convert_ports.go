package loader

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// ports converts the published ports; compose-go has expanded ranges of
// container ports already. Ports that are not TCP have a notice and are left
// out.
func (l *load) ports(s types.ServiceConfig, out *project.Service) error {
	for i, p := range s.Ports {
		port, err := publish(p)
		if err != nil {
			e := l.fault("ports are [HOST-IP:][HOST-PORT:]PORT[/tcp], from 1 to 65535", fmt.Sprintf("services.%s.ports: %v", s.Name, err),
				"services", s.Name, "ports", strconv.Itoa(i))
			return e
		}
		if port.Protocol != "tcp" {
			l.notPublished(s.Name, i, p)
			continue
		}
		out.Ports = append(out.Ports, port)
	}
	return nil
}

// notPublished adds the notice for the short form, whose protocol the walk
// over the keys does not see.
func (l *load) notPublished(service string, i int, p types.ServicePortConfig) {
	row, _ := project.Lookup("services.*.ports.protocol")
	key := fmt.Sprintf("services.%s.ports.%d.protocol", service, i)
	for _, n := range l.notices {
		if n.Key == key {
			return
		}
	}
	l.notices = append(l.notices, project.Notice{Fate: row.FateOf("protocol", p.Protocol), Key: key, Reason: row.Reason,
		Source: l.position("services", service, "ports", strconv.Itoa(i))})
}

// publish converts one port.
func publish(p types.ServicePortConfig) (project.Port, error) {
	out := project.Port{HostIP: p.HostIP, Protocol: strings.ToLower(p.Protocol), Target: uint16(p.Target)}
	if out.Protocol == "" {
		out.Protocol = "tcp"
	}
	if p.Target < 1 || p.Target > 65535 {
		return out, fmt.Errorf("the container port %d is out of range", p.Target)
	}
	if p.HostIP != "" {
		if _, err := netip.ParseAddr(p.HostIP); err != nil {
			return out, fmt.Errorf("the host address %q is not an IP address", p.HostIP)
		}
	}
	first, last, isRange := strings.Cut(p.Published, "-")
	if first == "" {
		return out, nil
	}
	var err error
	if out.HostPort, err = hostPort(first); err != nil {
		return out, err
	}
	if isRange {
		if out.HostPortEnd, err = hostPort(last); err != nil {
			return out, err
		}
		if out.HostPortEnd < out.HostPort {
			return out, fmt.Errorf("the host ports %s are in the wrong order", p.Published)
		}
	}
	return out, nil
}

func hostPort(s string) (uint16, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("the host port %q is not a number from 0 to 65535", s)
	}
	return uint16(n), nil
}
