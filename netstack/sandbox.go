package netstack

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/undo"
)

// SandboxSpec says what net namespace a container wants.
type SandboxSpec struct {
	Hostname string   `json:"hostname,omitempty"`
	Names    []string `json:"names,omitempty"` // on all its networks: service, container name
	// Endpoints in the order of their interfaces eth0, eth1. Of those on networks
	// that are not internal, the one with the highest GatewayPriority gives the
	// default route of a family, among equals the first by the network's name.
	Endpoints []EndpointSpec `json:"endpoints,omitempty"`
	NoNetwork bool           `json:"no_network,omitempty"` // loopback only
	// ExposesDNS: the container itself serves port 53, so 127.0.0.11:53 must
	// stay free; its resolver is then the gateway.
	ExposesDNS bool `json:"exposes_dns,omitempty"`
	// Resolve is what it knows of names beyond those of its networks.
	Resolve NameSpec `json:"resolve,omitzero"`
	// HostGateway: what the container sends to the gateway of its default network
	// is meant for the host; nobody else's is. HostLoopback: it then reaches what
	// listens on the host's 127.0.0.1, else what listens on the host's own address.
	HostGateway  bool `json:"host_gateway,omitempty"`
	HostLoopback bool `json:"host_loopback,omitempty"`
}

// EndpointSpec is an attachment as it is wanted.
type EndpointSpec struct {
	Network string   `json:"network"`
	Aliases []string `json:"aliases,omitempty"` // names on this network only
	IPv4    string   `json:"ipv4,omitempty"`    // "" = chosen
	IPv6    string   `json:"ipv6,omitempty"`    // "" = chosen
	MAC     string   `json:"mac,omitempty"`     // "" = derived from the address
	// Interface is the name inside; "" = eth and its place in the list.
	Interface string   `json:"interface,omitempty"`
	LinkLocal []string `json:"link_local,omitempty"` // further addresses
	// Sysctls are settings of the interface: "net.ipv4.conf.IFNAME.KEY=VALUE".
	Sysctls         []string `json:"sysctls,omitempty"`
	GatewayPriority int      `json:"gateway_priority,omitempty"`
}

// static tells whether the file fixes an address, which the next sandbox of the
// name has too.
func (e EndpointSpec) static() bool { return e.IPv4 != "" || e.IPv6 != "" || e.MAC != "" }

// EndpointInfo is an attachment as it is.
type EndpointInfo struct {
	Network   string     `json:"network"`
	Interface string     `json:"interface"` // inside, "eth0"
	IPv4      netip.Addr `json:"ipv4"`      // invalid on a network without IPv4
	Prefix    int        `json:"prefix"`    // length of the subnet's prefix
	IPv6      netip.Addr `json:"ipv6"`      // invalid on a network without IPv6
	Prefix6   int        `json:"prefix6,omitempty"`
	MAC       string     `json:"mac"`
	Gateway   netip.Addr `json:"gateway"`
	Gateway6  netip.Addr `json:"gateway6"`
	// LinkLocal are further addresses.
	LinkLocal       []netip.Addr `json:"link_local,omitempty"`
	Sysctls         []string     `json:"sysctls,omitempty"`
	GatewayPriority int          `json:"gateway_priority,omitempty"`
	RouterEnd       string       `json:"router_end"` // name of the other end, in R
}

// Subnet is the network's IPv4 range.
func (e EndpointInfo) Subnet() netip.Prefix { return netip.PrefixFrom(e.IPv4, e.Prefix).Masked() }

// Subnet6 is the network's IPv6 range.
func (e EndpointInfo) Subnet6() netip.Prefix { return netip.PrefixFrom(e.IPv6, e.Prefix6).Masked() }

// Addresses are the endpoint's, of IPv4 first, without link-local ones.
func (e EndpointInfo) Addresses() []netip.Addr {
	return slices.DeleteFunc([]netip.Addr{e.IPv4, e.IPv6}, func(a netip.Addr) bool { return !a.IsValid() })
}

// Sandbox is the net namespace of one container.
type Sandbox struct {
	id        string
	spec      SandboxSpec
	ns        *os.File
	endpoints []EndpointInfo
	resolver  *resolver // nil: none, or that of the gateway
}

// NS is the namespace. It is open until the sandbox is removed or the stack
// closed; duplicate it for longer use.
func (sb *Sandbox) NS() *os.File { return sb.ns }

// Endpoints lists the attachments, to be recorded for [Stack.AdoptSandbox].
func (sb *Sandbox) Endpoints() []EndpointInfo { return slices.Clone(sb.endpoints) }

// Spec is what the sandbox was made from, or changed to.
func (sb *Sandbox) Spec() SandboxSpec { return sb.spec }

// Nameserver is what the container's resolv.conf must name; invalid if it has
// no network.
func (sb *Sandbox) Nameserver() netip.Addr {
	switch {
	case len(sb.endpoints) == 0:
		return netip.Addr{}
	case sb.spec.ExposesDNS:
		return cmp.Or(sb.endpoints[0].Gateway, sb.endpoints[0].Gateway6)
	}
	return resolverAddr.Addr()
}

// CreateSandbox makes the net namespace of a container with its endpoints,
// names and resolver. Its names are not answered before [Stack.SetReachable].
// On failure nothing is left. One that exists under the id is an error.
func (s *Stack) CreateSandbox(id string, spec SandboxSpec) (*Sandbox, error) {
	sb, err := s.createSandbox(id, spec)
	if err != nil {
		return nil, fmt.Errorf("network of container %s: %w", id, err)
	}
	return sb, nil
}

func (s *Stack) createSandbox(id string, spec SandboxSpec) (*Sandbox, error) {
	var u undo.Stack
	defer u.Run() //nolint:errcheck // the first error is the one that matters
	sb := &Sandbox{id: id, spec: spec}
	if err := s.reserve(sb); err != nil {
		return nil, err
	}
	u.Add("reservation", func() error { s.unreserve(sb); return nil })
	// What an earlier process left under this name belongs to another namespace.
	if err := s.files.drop(ownedBy(id)); err != nil {
		return nil, err
	}
	ports, err := s.portsOf(sb.endpoints, sb.endpoints)
	if err != nil {
		return nil, err
	}
	var b birth
	err = s.worker.leave(func() (err error) {
		b, err = s.makeNamespace(sb, ports)
		return err
	})
	if err != nil {
		return nil, err
	}
	sb.ns = b.ns
	u.Add("namespace", sb.ns.Close)
	u.Add("sockets", func() error { b.names.close(); return nil })
	// Kept from here on: if this process dies, the record decides whether the
	// next one adopts or drops it.
	u.Add("kept files", func() error { return s.files.drop(ownedBy(id)) })
	if err := s.files.keep(b.files(id)); err != nil {
		return nil, err
	}
	if err := s.startResolver(sb, b.names); err != nil {
		return nil, err
	}
	s.enterNames(sb)
	u.Release()
	return sb, nil
}

// reserve enters the sandbox and takes its addresses.
func (s *Stack) reserve(sb *Sandbox) error {
	if sb.id == "" || strings.ContainsAny(sb.id, "/@") {
		return fmt.Errorf("%q cannot be a container's name", sb.id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sandboxes[sb.id] != nil {
		return errors.New("it exists already")
	}
	if !sb.spec.NoNetwork {
		for _, e := range sb.spec.Endpoints {
			info, err := s.reserveEndpoint(sb, e)
			if err != nil {
				s.releaseAddresses(sb)
				return err
			}
			sb.endpoints = append(sb.endpoints, info)
		}
	}
	s.sandboxes[sb.id] = sb
	s.enterHostWaysFor(sb)
	return nil
}

func (s *Stack) unreserve(sb *Sandbox) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.releaseAddresses(sb)
	delete(s.sandboxes, sb.id)
	s.enterHostWaysFor(sb)
}

func (s *Stack) releaseAddresses(sb *Sandbox) {
	for _, e := range sb.endpoints {
		s.releaseEndpoint(e, sb.id)
	}
}
