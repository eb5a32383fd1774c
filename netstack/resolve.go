package netstack

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/dns"
	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// NameSpec is what a container knows of names beyond those of its networks.
type NameSpec struct {
	// Servers are asked about the outside instead of the host's resolvers, by
	// sockets in the container's own namespace, as docker does: so 127.0.0.1 is the
	// container's own, another container's address is on their network, and what
	// lies outside is reached as the container reaches it, or not.
	Servers []netip.Addr `json:"servers,omitempty"`
	Options []string     `json:"options,omitempty"` // of resolv.conf(5): timeout, attempts, rotate
	// Links are names that this container alone knows, and what they stand for.
	Links map[string]string `json:"links,omitempty"`
	// Hosts are further names that it alone knows, with their addresses: those of its
	// /etc/hosts, for programs that ask without reading that.
	Hosts map[string][]netip.Addr `json:"hosts,omitempty"`
	// HostNames are names of the host: see [Stack.HostGateway].
	HostNames []string `json:"host_names,omitempty"`
}

// ownHosts are the names that a container alone knows, with their addresses. s.mu is
// held.
func (s *Stack) ownHosts(sb *Sandbox) map[string][]netip.Addr {
	if len(sb.spec.Resolve.HostNames) == 0 {
		return sb.spec.Resolve.Hosts
	}
	hosts := map[string][]netip.Addr{}
	maps.Copy(hosts, sb.spec.Resolve.Hosts)
	for _, n := range sb.spec.Resolve.HostNames {
		hosts[n] = append(slices.Clone(hosts[n]), s.hostGateway(sb)...)
	}
	return hosts
}

// upstreamOf makes the resolver of a container's own servers; nil if it has none.
// Our own sockets are no servers: a question would come back for ever.
func (s *Stack) upstreamOf(sb *Sandbox) *dns.Upstream {
	var servers []netip.AddrPort
	for _, a := range sb.spec.Resolve.Servers {
		if a != resolverAddr.Addr() && !(sb.spec.ExposesDNS && a == sb.Nameserver()) {
			servers = append(servers, netip.AddrPortFrom(a, resolverAddr.Port()))
		}
	}
	if len(servers) == 0 {
		return nil
	}
	return dns.FixedUpstream(func(ctx context.Context, network string, server netip.AddrPort) (net.Conn, error) {
		return s.worker.dialName(ctx, sb.ns, network, server)
	}, sb.spec.Resolve.Options, servers...)
}

// dialName connects from inside ns to a name server, over udp or tcp.
func (w *worker) dialName(ctx context.Context, ns *os.File, network string, server netip.AddrPort) (net.Conn, error) {
	if network == "tcp" {
		until, ok := ctx.Deadline()
		if !ok {
			return nil, errors.New("a question needs a deadline")
		}
		return w.dialStream(ns, server, time.Until(until))
	}
	fd := -1
	err := w.do(ns, func() (err error) {
		fd, err = newSocket(sock.Family(server.Addr()), unix.SOCK_DGRAM|unix.SOCK_NONBLOCK)
		return err
	})
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "udp to "+server.String())
	defer f.Close()
	// Connected, so that a refusal is heard; it sends nothing and does not wait.
	if err := unix.Connect(fd, sock.Addr(server)); err != nil {
		return nil, os.NewSyscallError("connect", err)
	}
	return net.FileConn(f)
}
