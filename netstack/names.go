package netstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"

	"github.com/mocker-compose/mocker-compose/netstack/dns"
)

// resolverAddr is where services find their resolver: docker's address, which
// many images and nginx configurations name.
var resolverAddr = netip.MustParseAddrPort("127.0.0.11:53")

// resolver is a pair of sockets on which names are answered.
type resolver struct {
	cancel  context.CancelFunc
	packets *net.UDPConn
	streams *net.TCPListener
}

// close ends the service without waiting. A nil resolver is closed.
func (r *resolver) close() {
	if r == nil {
		return
	}
	r.cancel()
	r.packets.Close()
	r.streams.Close()
}

// hostOf is the sandbox as the zone knows it.
func (s *Stack) hostOf(sb *Sandbox) dns.Host {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := dns.Host{Name: sb.id, Upstream: s.upstreamOf(sb), Links: sb.spec.Resolve.Links, Hosts: s.ownHosts(sb)}
	for i, e := range sb.endpoints {
		var spec EndpointSpec
		if i < len(sb.spec.Endpoints) {
			spec = sb.spec.Endpoints[i]
		}
		names := sb.names(spec)
		n, p := s.networks[e.Network], placeOf(e, names)
		p.Shared = n != nil && n.shared != nil
		h.Endpoints = append(h.Endpoints, p)
		if n != nil && !n.internal {
			h.Forward = true
		}
	}
	return h
}

// names are all that a container is found by at an endpoint.
func (sb *Sandbox) names(e EndpointSpec) []string {
	return slices.Concat([]string{sb.id, sb.spec.Hostname}, sb.spec.Names, e.Aliases)
}

// placeOf is an endpoint as the zone knows it.
func placeOf(e EndpointInfo, names []string) dns.Endpoint {
	p := dns.Endpoint{Network: e.Network, Names: names}
	if e.IPv4.IsValid() {
		p.Addrs, p.Subnets = append(p.Addrs, e.IPv4), append(p.Subnets, e.Subnet())
	}
	if e.IPv6.IsValid() {
		p.Addrs, p.Subnets = append(p.Addrs, e.IPv6), append(p.Subnets, e.Subnet6())
	}
	return p
}

// ownResolver tells whether names are answered in the sandbox's own namespace.
func (sb *Sandbox) ownResolver() bool { return len(sb.endpoints) > 0 && !sb.spec.ExposesDNS }

// resolverFor starts the service of names for a sandbox that was adopted.
func (s *Stack) resolverFor(sb *Sandbox) error {
	if !sb.ownResolver() {
		return s.startResolver(sb, nameSockets{})
	}
	sockets, err := s.claimOrMake(sb.ns, resolverAddr, sb.id)
	if err != nil {
		return err
	}
	return s.startResolver(sb, sockets)
}

// startResolver starts the service of names for a sandbox: on its own sockets,
// or on the gateway if it wants port 53 for itself. It closes the sockets.
func (s *Stack) startResolver(sb *Sandbox, sockets nameSockets) error {
	if len(sb.endpoints) == 0 {
		return nil
	}
	if sb.spec.ExposesDNS {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.gatewayResolver(s.networks[sb.endpoints[0].Network])
	}
	r, err := s.serveNames(sockets, dns.Only(sb.id))
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sb.resolver = r
	return nil
}

// gatewayResolver serves a network on its gateway, once. Who asks is then told
// by the address. s.mu is held.
func (s *Stack) gatewayResolver(n *network) error {
	if n == nil {
		return errors.New("the network was removed meanwhile")
	}
	if n.resolver != nil {
		return nil
	}
	sockets, err := s.claimOrMake(s.routerNS, netip.AddrPortFrom(n.gateway(), 53), "@"+n.name)
	if err != nil {
		return err
	}
	n.resolver, err = s.serveNames(sockets, s.zone.HostAt)
	return err
}

// adoptResolvers goes on with those on gateways.
func (s *Stack) adoptResolvers() {
	for _, n := range s.networks {
		if !s.files.isUnclaimed(dnsName("@"+n.name, "udp")) {
			continue
		}
		if err := s.gatewayResolver(n); err != nil {
			s.report(fmt.Sprintf("network %s: names are not answered on the gateway: %v", n.name, err))
		}
	}
}

func (s *Stack) dropResolver(n *network) error {
	if n.resolver == nil {
		return nil
	}
	n.resolver.close()
	n.resolver = nil
	return s.files.drop(ownedBy("@" + n.name))
}

// nameSockets is a resolver's pair before it is served.
type nameSockets struct{ packets, streams *os.File }

func (n nameSockets) close() {
	for _, f := range []*os.File{n.packets, n.streams} {
		if f != nil {
			f.Close()
		}
	}
}

// listenForNames makes a pair in the caller's namespace.
func listenForNames(at netip.AddrPort) (n nameSockets, err error) {
	if n.packets, err = listenPacket(at); err != nil {
		return n, fmt.Errorf("resolver's socket udp %s: %w", at, err)
	}
	if n.streams, err = listenStream(at); err != nil {
		n.close()
		return nameSockets{}, fmt.Errorf("resolver's socket tcp %s: %w", at, err)
	}
	return n, nil
}

// claimOrMake returns the pair that an earlier process left under the owner's
// name, or makes and keeps one inside ns.
func (s *Stack) claimOrMake(ns *os.File, at netip.AddrPort, owner string) (nameSockets, error) {
	names := []string{dnsName(owner, "udp"), dnsName(owner, "tcp")}
	n := nameSockets{s.files.claim(names[0]), s.files.claim(names[1])}
	if n.packets != nil && n.streams != nil {
		return n, nil
	}
	n.close() // half of a pair: what is kept is replaced
	if err := s.files.drop(func(name string) bool { return slices.Contains(names, name) }); err != nil {
		return nameSockets{}, err
	}
	err := s.worker.do(ns, func() (err error) {
		n, err = listenForNames(at)
		return err
	})
	if err != nil {
		return nameSockets{}, err
	}
	if err := s.files.keep(map[string]*os.File{names[0]: n.packets, names[1]: n.streams}); err != nil {
		n.close()
		return nameSockets{}, err
	}
	return n, nil
}

// serveNames answers on the sockets, and closes these descriptors of them.
func (s *Stack) serveNames(sockets nameSockets, who dns.Asker) (*resolver, error) {
	defer sockets.close()
	r := &resolver{}
	var err error
	if r.packets, err = udpConn(sockets.packets); err != nil {
		return nil, err
	}
	if r.streams, err = tcpListener(sockets.streams); err != nil {
		r.packets.Close()
		return nil, err
	}
	var ctx context.Context
	ctx, r.cancel = context.WithCancel(s.ctx)
	// Also when nobody calls close, because the stack ends meanwhile.
	context.AfterFunc(ctx, func() { r.packets.Close(); r.streams.Close() })
	s.wg.Go(func() { s.names.ServePackets(ctx, r.packets, who) })
	s.wg.Go(func() { s.names.ServeStreams(ctx, r.streams, who) })
	return r, nil
}

// SetReachable says whether the container runs. Names of one that does not are
// not answered, so that clients go to the replicas that do.
func (s *Stack) SetReachable(id string, up bool) {
	s.zone.SetUp(id, up)
	s.announceUp(id, up)
}
