package e2e

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/netstack/ports"
)

// Of a range that begins with ports that only root may bind, the others are used;
// of one that has no others, --ports auto takes a substitute for each replica.
func TestLowPortRanges(t *testing.T) {
	floor := ports.Floor()
	if floor <= 79 || floor > 1050 {
		t.Skipf("ports are free from %d upwards here, not from 1024: sysctl net.ipv4.ip_unprivileged_port_start", floor)
	}
	s := begin(t, "services:\n  a: { command: ./probe answer :80, ports: ['127.0.0.1:1000-1100:80'] }\n"+
		"  b: { command: ./probe answer :80, scale: 2, ports: ['127.0.0.1:70-79:81/udp'] }\n")
	s.fails(1, []string{"no port from 70 to 79 is free", "--ports auto"}, "up", "-d")
	r := s.compose("up", "-d", "--ports", "auto")
	if r.code != 0 || strings.Count(r.stderr, "port 70/udp is published at 80") != 2 || strings.Contains(r.stderr, "port 1000") {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	seen := map[string]bool{}
	for _, args := range [][]string{{"a", "80"}, {"--protocol", "udp", "b", "81"}, {"--protocol", "udp", "--index", "2", "b", "81"}} {
		out := strings.TrimSpace(s.must(append([]string{"port"}, args...)...))
		at, err := netip.ParseAddrPort(out)
		if err != nil || int(at.Port()) < floor || seen[out] || args[0] == "a" && at.Port() > 1100 {
			t.Errorf("%v is published at %q, after %v", args, out, seen)
		}
		seen[out] = true
	}
}
