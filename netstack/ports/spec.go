package ports

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// The protocols that can be published.
const (
	TCP = "tcp"
	UDP = "udp"
)

// Spec is a published port as it is wanted.
type Spec struct {
	HostIP      string `json:"host_ip,omitempty"`       // "" = all addresses, IPv4 and IPv6
	HostPort    uint16 `json:"host_port,omitempty"`     // 0 = any free one
	HostPortEnd uint16 `json:"host_port_end,omitempty"` // > HostPort: the first free one of the range
	Target      uint16 `json:"target"`
	Protocol    string `json:"protocol,omitempty"` // "tcp", "udp"; "" = tcp
	Auto        bool   `json:"auto,omitempty"`     // another one if only root may bind HostPort
	// Service may publish one host port for all its containers, which take turns;
	// "" = the port is this container's alone.
	Service string `json:"service,omitempty"`
	// Number is which of the range's ports a container tries first, from 1 on, so that
	// replicas have theirs in order; 0 = the first. It is a wish, and not part of what a port is.
	Number int `json:"-"`
}

// Published is a port that is bound on the host.
type Published struct {
	Spec
	Bound uint16 `json:"bound"`
	// Addresses are those that are bound: without a HostIP 0.0.0.0, and :: if the
	// host has IPv6.
	Addresses []netip.Addr `json:"addresses,omitempty"`
}

// Equal compares.
func (p Published) Equal(q Published) bool {
	return p.Spec == q.Spec && p.Bound == q.Bound && slices.Equal(p.Addresses, q.Addresses)
}

// String is the port in compose's short syntax.
func (p Spec) String() string {
	host := ""
	if p.HostPort != 0 {
		host = strconv.Itoa(int(p.HostPort))
	}
	if p.HostPortEnd > p.HostPort {
		host += "-" + strconv.Itoa(int(p.HostPortEnd))
	}
	if p.HostIP != "" {
		host = net.JoinHostPort(p.HostIP, host)
	}
	if host != "" {
		host += ":"
	}
	return host + strconv.Itoa(int(p.Target)) + "/" + p.protocol()
}

func (p Spec) protocol() string {
	if p.Protocol == "" {
		return TCP
	}
	return p.Protocol
}

// shared tells whether all containers of the service are behind one port: each
// of them wants the same one.
func (p Spec) shared() bool {
	return p.Service != "" && p.fixed()
}

// sameDoor tells whether two specs are about one port of the host: replicas of
// a service may have different ports behind it, while up replaces them.
func (p Spec) sameDoor(q Spec) bool {
	if p.shared() && q.shared() {
		p.Target, q.Target = 0, 0
	}
	p.Protocol, q.Protocol = p.protocol(), q.protocol()
	return p == q
}

// addresses are those to bind, in this order.
func (p Spec) addresses() ([]netip.Addr, error) {
	switch {
	case p.protocol() != TCP && p.protocol() != UDP:
		return nil, fmt.Errorf("protocol %q is neither tcp nor udp", p.Protocol)
	case p.Target == 0:
		return nil, errors.New("the container's port is 0")
	case p.HostIP == "":
		return []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}, nil
	}
	a, err := netip.ParseAddr(p.HostIP)
	if err != nil {
		return nil, fmt.Errorf("host address %q is not an IP address", p.HostIP)
	}
	return []netip.Addr{a.Unmap()}, nil
}
