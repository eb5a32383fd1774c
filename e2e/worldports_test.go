package e2e

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
)

// boundOnHost lists what is bound on the host of the world, which nobody else uses:
// "tcp 0.0.0.0:80", sorted. It reads the tables of the kernel (proc_pid_net(5)).
func boundOnHost(t *testing.T) (open []string) {
	t.Helper()
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6"} {
		b, err := os.ReadFile("/proc/thread-self/net/" + table)
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
			f := strings.Fields(lines.Text())
			if len(f) < 4 || f[0] == "sl" || strings.HasPrefix(table, "tcp") && f[3] != "0A" || !strings.HasSuffix(f[2], ":0000") {
				continue // the heading, connections, and sockets that are connected
			}
			open = append(open, strings.TrimSuffix(table, "6")+" "+tableAddr(t, f[1]).String())
		}
	}
	slices.Sort(open)
	return open
}

// tableAddr reads an address of these tables: words of the machine's byte order
// in hex.
func tableAddr(t *testing.T, s string) netip.AddrPort {
	t.Helper()
	host, port, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(host)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+4 <= len(b); i += 4 {
		binary.NativeEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	p, err := hex.DecodeString(port)
	a, ok := netip.AddrFromSlice(b)
	if err != nil || !ok {
		t.Fatalf("a socket's address %q", s)
	}
	return netip.AddrPortFrom(a, binary.BigEndian.Uint16(p))
}

// Published ports open exactly what is listed, up to the address, and nothing is
// left of them after down; however often.
func TestOnlyListedPortsAreOpen(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	s := w.begin(t, `
services:
  a:
    command: ./probe open 80-80 1000-1099 2000-2049 3000-3019
    ports: ["20000-20099:1000-1099", "127.0.0.1:21000-21049:2000-2049", "[::1]:22000-22019:3000-3019", "198.51.100.2:23000:80"]
  b:
    command: ./probe pause
    ports: ["20000-20019:1000-1019/udp", "127.0.0.1:21000-21008:2000-2008/udp"]
`)
	var want []string
	add := func(proto, host string, first, n int) {
		for port := first; port < first+n; port++ {
			want = append(want, fmt.Sprintf("%s %s:%d", proto, host, port))
		}
	}
	add("tcp", "0.0.0.0", 20000, 100)
	add("tcp", "[::]", 20000, 100)
	add("tcp", "127.0.0.1", 21000, 50)
	add("tcp", "[::1]", 22000, 20)
	add("tcp", "198.51.100.2", 23000, 1)
	add("udp", "0.0.0.0", 20000, 20)
	add("udp", "[::]", 20000, 20)
	add("udp", "127.0.0.1", 21000, 9)
	slices.Sort(want)
	before := boundOnHost(t)
	for round := range number(t, "MOCKER_TEST_PORTS", 3) {
		s.must("up", "-d")
		diff := ""
		s.eventually(fmt.Sprintf("round %d: what is listed is open, once the service listens", round), func() bool {
			diff = difference(boundOnHost(t), append(want, before...))
			return !strings.Contains(diff, "not open")
		})
		if diff != "" {
			t.Fatalf("round %d, up:\n%s", round, diff)
		}
		if round%2 == 1 {
			s.must("stop", "-t", "0")
			if diff := difference(boundOnHost(t), before); diff != "" {
				t.Fatalf("round %d, stopped:\n%s", round, diff)
			}
		}
		s.must("down", "-t", "0")
		if diff := difference(boundOnHost(t), before); diff != "" {
			t.Fatalf("round %d, down:\n%s", round, diff)
		}
	}
}

// difference tells what is in one list only.
func difference(got, want []string) string {
	var b strings.Builder
	for _, g := range got {
		if !slices.Contains(want, g) {
			fmt.Fprintf(&b, "open, but not listed: %s\n", g)
		}
	}
	for _, x := range want {
		if !slices.Contains(got, x) {
			fmt.Fprintf(&b, "listed, but not open: %s\n", x)
		}
	}
	return b.String()
}
