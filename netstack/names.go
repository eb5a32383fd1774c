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
	h := dns.Host{Name: sb.id}
	for i, e := range sb.endpoints {
		names := slices.Concat([]string{sb.id, sb.spec.Hostname}, sb.spec.Names)
		if i < len(sb.spec.Endpoints) {
			names = append(names, sb.spec.Endpoints[i].Aliases...)
		}
		h.Endpoints = append(h.Endpoints, dns.Endpoint{Network: e.Network, Subnet: e.Subnet(), Addr: e.IPv4, Names: names})
		if n := s.networks[e.Network]; n != nil && !n.internal {
			h.Forward = true
		}
	}
	return h
}

// resolverFor starts the service of names for a sandbox: in its own namespace,
// or on the gateway if it wants port 53 for itself.
func (s *Stack) resolverFor(sb *Sandbox) error {
	if len(sb.endpoints) == 0 {
		return nil
	}
	if sb.spec.ExposesDNS {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.gatewayResolver(s.networks[sb.endpoints[0].Network])
	}
	r, err := s.openResolver(sb.ns, resolverAddr, sb.id, dns.Only(sb.id))
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
	r, err := s.openResolver(s.routerNS, netip.AddrPortFrom(n.space.Gateway(), 53), "@"+n.name, s.zone.HostAt)
	n.resolver = r
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

// openResolver serves the address at inside ns with the sockets that an
// earlier process left under the owner's name, or with new ones.
func (s *Stack) openResolver(ns *os.File, at netip.AddrPort, owner string, who dns.Asker) (*resolver, error) {
	packets, err := s.claimOrMake(ns, dnsName(owner, "udp"), func() (*os.File, error) { return listenPacket(at) })
	if err != nil {
		return nil, err
	}
	defer packets.Close()
	streams, err := s.claimOrMake(ns, dnsName(owner, "tcp"), func() (*os.File, error) { return listenStream(at) })
	if err != nil {
		return nil, err
	}
	defer streams.Close()
	r := &resolver{}
	if r.packets, err = udpConn(packets); err != nil {
		return nil, err
	}
	if r.streams, err = tcpListener(streams); err != nil {
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

// claimOrMake returns the socket kept under name, or makes and keeps one.
func (s *Stack) claimOrMake(ns *os.File, name string, listen func() (*os.File, error)) (*os.File, error) {
	if f := s.files.claim(name); f != nil {
		return f, nil
	}
	var f *os.File
	err := s.worker.do(ns, func() (err error) {
		f, err = listen()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("socket %s: %w", name, err)
	}
	if err := s.files.keep(name, f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// SetReachable says whether the container runs. Names of one that does not are
// not answered, so that clients go to the replicas that do.
func (s *Stack) SetReachable(id string, up bool) { s.zone.SetUp(id, up) }
