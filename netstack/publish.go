package netstack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"

	"github.com/mocker-compose/mocker-compose/internal/undo"
)

// ErrNoUDP says that only TCP ports can be published.
var ErrNoUDP = errors.New("udp ports cannot be published yet: only tcp")

// PortSpec is a published port as it is wanted.
type PortSpec struct {
	HostIP      string `json:"host_ip,omitempty"`       // "" = all addresses, IPv4 and IPv6
	HostPort    uint16 `json:"host_port,omitempty"`     // 0 = any free one
	HostPortEnd uint16 `json:"host_port_end,omitempty"` // > HostPort: the first free one of the range
	Target      uint16 `json:"target"`
	Protocol    string `json:"protocol,omitempty"` // "tcp" or ""
}

// Published is a port that is bound on the host.
type Published struct {
	PortSpec
	Bound uint16 `json:"bound"`
}

// publication is a bound port with its listeners.
type publication struct {
	Published
	target    target
	cancel    context.CancelFunc
	listeners []*net.TCPListener
}

// target is where connections of a published port go.
type target struct {
	id string
	ns *os.File // whose sockets reach the address
	to netip.AddrPort
}

// close ends accepting. Connections that were accepted go on.
func (p *publication) close() {
	p.cancel()
	for _, l := range p.listeners {
		l.Close()
	}
}

// Publish binds a port of the host and carries its connections to the
// container from now on: those that come before the service listens are closed.
// A port that is in use gives a [*ConflictError]. The same port again is no
// error.
func (s *Stack) Publish(id string, spec PortSpec) (Published, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sb, addrs, err := s.checkPort(id, spec)
	if err != nil {
		return Published{}, portError(spec, err)
	}
	for _, p := range sb.ports {
		if p.PortSpec == spec {
			return p.Published, nil
		}
	}
	// Listeners of an earlier process that nobody adopted would be in our way.
	if len(sb.ports) == 0 {
		if err := s.files.drop(portOf(id)); err != nil {
			return Published{}, portError(spec, err)
		}
	}
	files, bound, err := s.bindSpec(addrs, spec)
	if err != nil {
		return Published{}, portError(spec, err)
	}
	defer closeAll(files)
	p := &publication{Published: Published{spec, bound}, target: s.targetOf(sb, spec.Target)}
	if err := s.servePort(p, files); err != nil {
		return Published{}, portError(spec, err)
	}
	sb.ports = append(sb.ports, p)
	return p.Published, nil
}

// AdoptPort goes on with a port that an earlier process bound. [ErrNotKept]
// means that it was lost; [Stack.Publish] may get it back.
func (s *Stack) AdoptPort(id string, was Published) (Published, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sb, addrs, err := s.checkPort(id, was.PortSpec)
	if err != nil {
		return Published{}, portError(was.PortSpec, err)
	}
	var files []*os.File
	for _, a := range addrs {
		if f := s.files.claim(portName(id, netip.AddrPortFrom(a, was.Bound))); f != nil {
			files = append(files, f)
		}
	}
	defer closeAll(files)
	if len(files) == 0 {
		return Published{}, portError(was.PortSpec, ErrNotKept)
	}
	p := &publication{Published: was, target: s.targetOf(sb, was.Target)}
	if err := s.servePort(p, files); err != nil {
		return Published{}, portError(was.PortSpec, err)
	}
	sb.ports = append(sb.ports, p)
	return was, nil
}

// Unpublish frees all ports of a container. Connections under way may deliver
// what the service has sent, for a short while. Unknown ids are no error.
func (s *Stack) Unpublish(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sb := s.sandboxes[id]; sb != nil {
		for _, p := range sb.ports {
			p.close()
		}
		sb.ports = nil
	}
	s.relays.finish(id)
	return s.files.drop(portOf(id))
}

// checkPort finds the container and the addresses to bind.
func (s *Stack) checkPort(id string, spec PortSpec) (*Sandbox, []netip.Addr, error) {
	sb := s.sandboxes[id]
	if sb == nil {
		return nil, nil, errors.New("the container has no net namespace")
	}
	switch {
	case spec.Protocol == "udp":
		return nil, nil, ErrNoUDP
	case spec.Protocol != "" && spec.Protocol != "tcp":
		return nil, nil, fmt.Errorf("protocol %q is neither tcp nor udp", spec.Protocol)
	case spec.Target == 0:
		return nil, nil, errors.New("the container's port is 0")
	case spec.HostIP == "":
		return sb, []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}, nil
	}
	a, err := netip.ParseAddr(spec.HostIP)
	if err != nil {
		return nil, nil, fmt.Errorf("host address %q is not an IP address", spec.HostIP)
	}
	return sb, []netip.Addr{a.Unmap()}, nil
}

// targetOf chooses how to reach the container: over a bridge if it stands on
// one, preferring one with a way out, else by its own loopback.
func (s *Stack) targetOf(sb *Sandbox, port uint16) target {
	if len(sb.endpoints) == 0 {
		return target{sb.id, sb.ns, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)}
	}
	i := max(0, slices.IndexFunc(sb.endpoints, func(e EndpointInfo) bool {
		n := s.networks[e.Network]
		return n != nil && !n.internal
	}))
	return target{sb.id, s.routerNS, netip.AddrPortFrom(cmp.Or(sb.endpoints[i].IPv4, sb.endpoints[i].IPv6), port)}
}

// servePort keeps the listeners in files and starts to accept. On failure
// nothing is left.
func (s *Stack) servePort(p *publication, files []*os.File) error {
	var u undo.Stack
	defer u.Run() //nolint:errcheck // the first error is the one that matters
	var ctx context.Context
	ctx, p.cancel = context.WithCancel(s.ctx)
	u.Add("listeners", func() error { p.close(); return nil })
	for _, f := range files {
		at, err := localAddr(f)
		if err != nil {
			return err
		}
		name := portName(p.target.id, at)
		// Kept before Go's poller gets it: the mode (blocking or not) is shared
		// by all duplicates, and the poller is the last to set it.
		if err := s.files.keep(map[string]*os.File{name: f}); err != nil {
			return err
		}
		u.Add(name, func() error { return s.files.drop(func(n string) bool { return n == name }) })
		l, err := tcpListener(f)
		if err != nil {
			return err
		}
		p.listeners = append(p.listeners, l)
	}
	for _, l := range p.listeners {
		s.wg.Go(func() { s.accept(ctx, l, p.target) })
	}
	context.AfterFunc(ctx, p.close)
	u.Release()
	return nil
}

func portName(id string, a netip.AddrPort) string {
	return "port/" + id + "/tcp/" + a.Addr().Unmap().WithZone("").String() + "/" + strconv.Itoa(int(a.Port()))
}

func portError(spec PortSpec, err error) error {
	return fmt.Errorf("publish port %s: %w", spec, err)
}

// String is the port in compose's short syntax.
func (p PortSpec) String() string {
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
	return host + strconv.Itoa(int(p.Target)) + "/" + protocolOf(p)
}

func protocolOf(p PortSpec) string {
	if p.Protocol == "" {
		return "tcp"
	}
	return p.Protocol
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
