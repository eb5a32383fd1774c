package netstack

import (
	"net"
	"strings"
	"testing"
)

func TestUsageCounts(t *testing.T) {
	if !isolated(t) {
		return
	}
	w := newNeighbours(t)
	s := w.open("a")
	ensure(t, s, common)
	ensure(t, s, Network{Name: "own"})
	for _, network := range []string{"common", "own"} {
		client, server := service(t, s, network+"-client-1", network), service(t, s, network+"-server-1", network)
		echo(t, server.NS(), ":80", "")
		at := net.JoinHostPort(server.Endpoints()[0].IPv4.String(), "80")
		const size = 1 << 20
		if got, err := call(t, client.NS(), at, strings.Repeat("x", size)); len(got) != size || err != nil {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		all, err := s.Usage()
		must(t, err)
		for _, n := range all {
			if n.Name != network {
				continue
			}
			if len(n.Endpoints) != 2 || n.Endpoints[0].Container != network+"-client-1" {
				t.Fatalf("%+v", n.Endpoints)
			}
			for _, e := range n.Endpoints {
				if e.RxBytes < size || e.RxBytes > 2*size || e.TxBytes < size || e.TxBytes > 2*size || e.RxPackets == 0 || e.TxPackets == 0 {
					t.Errorf("network %s: %s has counted %+v", network, e.Container, e.Counters)
				}
			}
		}
	}
}
