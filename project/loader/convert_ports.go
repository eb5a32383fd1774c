package loader

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/document"
)

// ports converts the published ports; compose-go has expanded ranges of
// container ports already.
func (l *load) ports(s types.ServiceConfig, out *project.Service) error {
	if len(s.Ports) > maxPorts {
		file, line := l.at("services", s.Name, "ports")
		return tooManyPorts(file, line, s.Name, len(s.Ports))
	}
	for _, p := range s.Ports {
		port, err := publish(p)
		if err != nil {
			return l.fault("ports are [HOST-IP:][HOST-PORT:]PORT[/tcp|/udp], from 1 to 65535", fmt.Sprintf("services.%s.ports: %v", s.Name, err),
				"services", s.Name, "ports", l.portItem(s.Name, p))
		}
		if port.Protocol != "tcp" && port.Protocol != "udp" {
			if l.o.Tolerant {
				row, _ := project.Lookup("services.*.ports.protocol")
				keySource{l}.Notice(row.Fate, row.Reason, "services", s.Name, "ports", l.portItem(s.Name, p))
				continue
			}
			return l.fault("publish it by tcp or udp, or leave the line out: on the project's networks it is reachable all the same",
				fmt.Sprintf("services.%s.ports: %s cannot be published: the kernel has no way to carry it between sockets without root", s.Name, port.Protocol),
				"services", s.Name, "ports", l.portItem(s.Name, p))
		}
		if err := l.checkPort(s, port, out.Ports, l.portItem(s.Name, p)); err != nil {
			return err
		}
		out.Ports = append(out.Ports, port)
	}
	return nil
}

// checkPort finds what no machine could publish: one port of the host twice for one service,
// and a range that is smaller than the service has replicas.
func (l *load) checkPort(s types.ServiceConfig, port project.Port, before []project.Port, item string) error {
	if port.HostPort == 0 || s.NetworkMode == "host" {
		return nil
	}
	path := []string{"services", s.Name, "ports", item}
	if count := int(port.HostPortEnd) - int(port.HostPort) + 1; port.HostPortEnd > port.HostPort && count < s.GetScale() {
		return l.fault(fmt.Sprintf("write %d-%d", port.HostPort, int(port.HostPort)+s.GetScale()-1),
			fmt.Sprintf("services.%s.ports: %d-%d are %d ports for %d replicas", s.Name, port.HostPort, port.HostPortEnd, count, s.GetScale()), path...)
	}
	for _, o := range before {
		if sameHost(o.HostIP, port.HostIP) && o.Protocol == port.Protocol && o.HostPort == port.HostPort && max(o.HostPortEnd, port.HostPortEnd) == 0 {
			return l.fault("publish one of them at another port", fmt.Sprintf("services.%s.ports: port %d of this machine is published twice, for %d and for %d", s.Name, port.HostPort, o.Target, port.Target), path...)
		}
	}
	return nil
}

// sameHost tells whether a socket at one address is in the way of one at the other; "" is
// all addresses of both families.
func sameHost(a, b string) bool {
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	if errX != nil || errY != nil {
		return true
	}
	return x == y || x.Is4() == y.Is4() && (x.IsUnspecified() || y.IsUnspecified())
}

// portItem finds the item of ports that a port comes from: its number in the
// file, which ranges and merges make differ from that in the model.
func (l *load) portItem(service string, p types.ServicePortConfig) string {
	list := l.node([]string{"services", service, "ports"})
	if list == nil {
		return "0"
	}
	for i, item := range list.Content {
		if l.givesPort(document.Target(item), p) {
			return strconv.Itoa(i)
		}
	}
	return "0"
}

func (l *load) givesPort(item *yaml.Node, p types.ServicePortConfig) bool {
	if item.Kind == yaml.MappingNode {
		t := document.Child(item, "target")
		return t != nil && l.scalar(t.Value) == strconv.Itoa(int(p.Target))
	}
	ports, err := types.ParsePortConfig(l.scalar(item.Value))
	return err == nil && slices.ContainsFunc(ports, func(q types.ServicePortConfig) bool {
		return q.Target == p.Target && q.Protocol == p.Protocol && q.Published == p.Published
	})
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
