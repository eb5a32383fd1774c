//go:build gvisor

package gvisor

import (
	"net/netip"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// No address leads to the host itself, whatever comes out of the tap.
func TestTarget(t *testing.T) {
	for text, ok := range map[string]bool{
		"192.0.2.1": true, "10.0.2.2": true,
		"127.0.0.1": false, "127.8.9.10": false, "0.0.0.0": false, "255.255.255.255": false, "224.0.0.251": false,
	} {
		a := netip.MustParseAddr(text)
		to, got := target(stack.TransportEndpointID{LocalAddress: tcpip.AddrFrom4(a.As4()), LocalPort: 80})
		if got != ok || ok && to != netip.AddrPortFrom(a, 80) {
			t.Errorf("%s: %v %t, want %t", text, to, got, ok)
		}
	}
}
