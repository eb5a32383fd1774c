//go:build gvisor

package gvisor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

const (
	nic = 1
	// inFlight bounds the connections that wait for the host's answer.
	inFlight = 1024
)

// hardware is our end's address on the tap: locally administered (IEEE 802), and
// always the same, so that R's neighbour entry outlives a helper.
var hardware = tcpip.LinkAddress("\x02\x6d\x63\x74\x61\x70")

// serve carries connections between the tap and the host until the tap is gone.
func serve(tap *os.File, mtu uint32, gateway netip.Addr) error {
	gone := make(chan error, 1)
	link, err := fdbased.New(&fdbased.Options{
		FDs: []int{int(tap.Fd())}, MTU: mtu, EthernetHeader: true, Address: hardware,
		PacketDispatchMode: fdbased.Readv, RXChecksumOffload: true,
		ClosedFunc: func(e tcpip.Error) { gone <- fmt.Errorf("the tap: %v", e) },
	})
	if err != nil {
		return fmt.Errorf("the tap: %w", err)
	}
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol},
	})
	if err := attach(s, link, gateway); err != nil {
		return err
	}
	ctx := context.Background()
	s.SetTransportProtocolHandler(tcp.ProtocolNumber, tcp.NewForwarder(s, 0, inFlight, func(r *tcp.ForwarderRequest) { connect(ctx, r) }).HandlePacket)
	s.SetTransportProtocolHandler(udp.ProtocolNumber, udp.NewForwarder(s, func(r *udp.ForwarderRequest) { associate(ctx, r) }).HandlePacket)
	return <-gone
}

// attach makes the stack answer for every address, and send to any.
func attach(s *stack.Stack, link stack.LinkEndpoint, gateway netip.Addr) error {
	if err := s.CreateNIC(nic, link); err != nil {
		return errors.New(err.String())
	}
	address := tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: tcpip.AddrFrom4(gateway.As4()).WithPrefix()}
	if err := s.AddProtocolAddress(nic, address, stack.AddressProperties{}); err != nil {
		return errors.New(err.String())
	}
	if err := s.SetSpoofing(nic, true); err != nil {
		return errors.New(err.String())
	}
	if err := s.SetPromiscuousMode(nic, true); err != nil {
		return errors.New(err.String())
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: nic}})
	return nil
}

// target is where a packet goes; false for what no host is behind, and for
// what would be the host itself.
func target(id stack.TransportEndpointID) (netip.AddrPort, bool) {
	a, ok := netip.AddrFromSlice(id.LocalAddress.AsSlice())
	if !ok || a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(a, id.LocalPort), true
}
