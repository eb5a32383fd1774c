package netstack

import (
	"strings"
	"testing"
)

// The second of two ports that are chosen must not give up what is kept of the first.
func TestTwoChosenPortsAreKept(t *testing.T) {
	if !isolated(t) {
		return
	}
	k := newHolder(t)
	s := open(t, newNamespace(t), k)
	ensure(t, s, Network{Name: "n"})
	service(t, s, "web-1", "n")
	for _, target := range []uint16{80, 443} {
		if _, err := s.Publish("web-1", PortSpec{HostIP: "127.0.0.1", Target: target}); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for _, name := range k.names() {
		if strings.HasPrefix(name, "port/web-1/") {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d listeners are kept: %v", n, k.names())
	}
}
