package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

// Names are known on the networks that a service is on, and only there.
func TestNames(t *testing.T) {
	s := begin(t, `
services:
  one:
    command: ./probe serve :80
    container_name: `+"\"${COMPOSE_PROJECT_NAME}-special\""+`
    networks: { a: { aliases: [uno] } }
  two: { command: ./probe serve :80, networks: [a, b] }
  three: { command: ./probe serve :80, networks: [b] }
networks: { a: {}, b: {} }
`)
	s.must("up", "-d")
	for _, c := range []struct {
		from, name string
		known      bool
	}{
		{"two", "one", true},
		{"two", "uno", true},
		{"two", s.project + "-special", true},
		{"two", "three", true},
		{"one", "two", true},
		{"one", "three", false},
		{"three", "one", false},
		{"three", "uno", false},
		{"one", "no-such-name", false},
	} {
		out := strings.TrimSpace(s.must("exec", "-T", c.from, "./probe", "lookup", c.name))
		if known := !strings.HasSuffix(out, " -"); known != c.known {
			t.Errorf("from %s: %q, want known: %t", c.from, out, c.known)
		}
	}
	if out := s.must("exec", "-T", "two", "./probe", "get", "http://uno/"); strings.TrimSpace(out) == "" {
		t.Error("no answer by the alias")
	}
}

// What shares no network cannot connect, not even by address.
func TestIsolation(t *testing.T) {
	s := begin(t, `
services:
  one: { command: ./probe serve :80, networks: [a] }
  two: { command: ./probe serve :80, networks: [b] }
  both: { command: ./probe pause, networks: [a, b] }
networks: { a: {}, b: {} }
`)
	s.must("up", "-d")
	address := func(name string) string {
		f := strings.Fields(s.must("exec", "-T", "both", "./probe", "lookup", name))
		if len(f) < 2 || f[1] == "-" {
			t.Fatalf("%s has no address: %v", name, f)
		}
		return net.JoinHostPort(f[1], "80")
	}
	one, two := address("one"), address("two")
	s.eventually("both can reach them", func() bool {
		out := s.must("exec", "-T", "both", "./probe", "dial", one, two)
		return strings.Count(out, " open") == 2
	})
	if out := s.must("exec", "-T", "one", "./probe", "dial", two); !strings.Contains(out, "closed") {
		t.Errorf("from network a into b: %s", out)
	}
}

// Nothing that listens on this machine alone can be reached from inside.
func TestHostLoopbackIsClosed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	s := begin(t, "services:\n  a: { command: ./probe pause }\n  n: { command: ./probe pause, network_mode: none }\n  h: { command: ./probe pause, network_mode: host }\n")
	s.must("up", "-d")
	gateway := strings.Fields(s.must("exec", "-T", "a", "./probe", "lookup", "a"))[1]
	gateway = gateway[:strings.LastIndexByte(gateway, '.')] + ".1"
	for _, target := range []string{"127.0.0.1", gateway} {
		address := fmt.Sprintf("%s:%d", target, port)
		for _, service := range []string{"a", "n"} {
			if out := s.must("exec", "-T", service, "./probe", "dial", address); !strings.Contains(out, "closed") {
				t.Errorf("from %s: %s", service, out)
			}
		}
	}
	// The control: network_mode host is this machine's network, so it is open there.
	if out := s.must("exec", "-T", "h", "./probe", "dial", fmt.Sprintf("127.0.0.1:%d", port)); !strings.Contains(out, "open") {
		t.Errorf("from the host's network: %s", out)
	}
	if st := statusOf(s.must("exec", "-T", "n", "./probe", "status")); st["link"] != "lo" {
		t.Errorf("links with network_mode none: %s", st["link"])
	}
}

// A port that is taken is an error that names who has it; nothing is half done.
func TestPortConflict(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	s := begin(t, fmt.Sprintf("services:\n  a: { command: ./probe serve :80, ports: [\"127.0.0.1:%d:80\"] }\n", port))
	s.fails(1, []string{itoa(port), itoa(selfPID()), "e2e.test"}, "up", "-d")
	if c := s.ps()["a-1"]; c.State == "running" {
		t.Error("a runs without its port")
	}
	l.Close()
	s.must("up", "-d")
	s.eventually("a answers", func() bool { return get(port, "/") != "" })
}

// Ports are open while the service runs and closed when it is stopped.
func TestPublishedPorts(t *testing.T) {
	s := begin(t, `
services:
  a:
    command: ./probe serve :80
    ports: ["127.0.0.1::80", { target: 81, host_ip: 127.0.0.1 }]
`)
	s.must("up", "-d")
	c := s.ps()["a-1"]
	if len(c.Publishers) != 2 {
		t.Fatalf("publishers %+v, want 2", c.Publishers)
	}
	port := 0
	for _, p := range c.Publishers {
		if p.URL != "127.0.0.1" || p.Protocol != "tcp" || p.PublishedPort == 0 {
			t.Errorf("publisher %+v", p)
		}
		if p.TargetPort == 80 {
			port = p.PublishedPort
		}
	}
	s.eventually("a answers", func() bool { return get(port, "/") != "" })
	s.must("stop", "-t", "0")
	if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
		c.Close()
		t.Error("the port is open while the service is stopped")
	}
	s.must("start")
	port = 0
	for _, p := range s.ps()["a-1"].Publishers {
		if p.TargetPort == 80 {
			port = p.PublishedPort
		}
	}
	s.eventually("a answers again", func() bool { return get(port, "/") != "" })
}
