package e2e

import (
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A file as people write them: two networks, one of them internal, fixed addresses
// of both families, a range and reserved addresses.
const twoNetworks = `
services:
  proxy:
    command: ./probe serve :80
    hostname: gate
    domainname: example.org
    extra_hosts: ["registry.local:192.0.2.7", "v6.local=[2001:db8::7]", "host.docker.internal:host-gateway"]
    networks:
      edge: { ipv4_address: 172.28.0.10, ipv6_address: "2001:db8:28::10", mac_address: "02:42:ac:1c:00:0a", gw_priority: 1, interface_name: wan }
      core: { aliases: [gateway], link_local_ips: [169.254.8.8], priority: 10 }
  app:
    command: ./probe serve :80
    networks: { core: { aliases: [backend] } }
    scale: 2
  db:
    command: ./probe serve :80
    depends_on: [app] # whose addresses are chosen before
    networks: { core: { ipv4_address: 10.128.5.2 } }
  far:
    command: ./probe serve :80
    networks: [edge]
  legacy:
    command: ./probe serve :80
    networks: [plain, edge]
networks:
  edge:
    enable_ipv6: true
    driver: bridge
    driver_opts: { com.docker.network.driver.mtu: 1420, com.docker.network.bridge.name: edge0 }
    ipam:
      driver: default
      config:
        - { subnet: 172.28.0.0/16, gateway: 172.28.255.254, ip_range: 172.28.5.0/24, aux_addresses: { printer: 172.28.5.0 } }
        - { subnet: "2001:db8:28::/64", gateway: "2001:db8:28::1" }
  core:
    internal: true
    ipam: { config: [{ subnet: 10.128.5.0/24 }] }
  plain: { labels: { kind: old } }
`

// interfaces is what the probe says of a container's, by name; "default" are the
// gateways.
func (s *scenario) interfaces(service string) map[string]string {
	s.t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(s.must("exec", "-T", service, "./probe", "interfaces")) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		out[name] = rest
	}
	return out
}

// answers reports whether a container gets an answer from an address or name.
func (s *scenario) answers(from, host string) bool {
	s.t.Helper()
	r := s.compose("exec", "-T", from, "./probe", "get", "http://"+host+"/")
	return r.code == 0 && strings.TrimSpace(r.stdout) != ""
}

func TestTwoNetworks(t *testing.T) {
	s := begin(t, twoNetworks)
	s.must("up", "-d")
	check := func(when string) {
		t.Helper()
		if got := s.interfaces("proxy"); got["wan"] != "02:42:ac:1c:00:0a 1420 172.28.0.10/16 2001:db8:28::10/64 fe80::42:acff:fe1c:a/64" ||
			!regexp.MustCompile(`^02:6d:0a:80:05:.. 65520 10\.128\.5\.\d+/24 169\.254\.8\.8/16$`).MatchString(got["eth0"]) ||
			!strings.HasPrefix(got["default"], "172.28.255.254") || len(got) != 3 {
			t.Errorf("%s: proxy has %q", when, got)
		}
		if got := s.interfaces("db"); !strings.HasSuffix(got["eth0"], " 10.128.5.2/24") || got["default"] != "" {
			t.Errorf("%s: db has %q", when, got)
		}
		if got := s.interfaces("far")["eth0"]; !strings.Contains(got, " 172.28.5.") || !strings.Contains(got, " 2001:db8:28::") || strings.Contains(got, " 172.28.5.0/") {
			t.Errorf("%s: far has %q", when, got)
		}
		for _, c := range []struct {
			from, to string
			open     bool
		}{
			{"proxy", "db", true}, {"proxy", "backend", true}, {"app", "gateway", true}, {"far", "proxy", true}, {"far", "[2001:db8:28::10]", true},
			{"legacy", "proxy", true}, {"legacy", "[2001:db8:28::10]", true}, {"app", "10.128.5.2", true},
			{"far", "db", false}, {"far", "10.128.5.2", false}, {"app", "172.28.0.10", false}, {"db", "far", false}, {"db", "[2001:db8:28::10]", false},
		} {
			if s.answers(c.from, c.to) != c.open {
				t.Errorf("%s: from %s to %s: want open %t", when, c.from, c.to, c.open)
			}
		}
	}
	s.eventually("all serve", func() bool {
		return s.answers("proxy", "db") && s.answers("legacy", "far") && s.answers("app", "gateway")
	})
	check("at first")
	hosts := s.file("proxy", "/etc/hosts")
	for _, want := range []string{
		"172.28.0.10\tgate.example.org gate\n", "2001:db8:28::10\tgate.example.org gate\n", "192.0.2.7\tregistry.local\n", "2001:db8::7\tv6.local\n",
		"172.28.255.254\thost.docker.internal\n", "2001:db8:28::1\thost.docker.internal\n", "ff02::1\tip6-allnodes\n",
	} {
		if !strings.Contains(hosts, want) {
			t.Errorf("%q is not in /etc/hosts:\n%s", want, hosts)
		}
	}
	if db := s.file("db", "/etc/hosts"); strings.Contains(db, "host.docker.internal") || strings.Contains(db, "ip6-allnodes") {
		t.Errorf("/etc/hosts of db:\n%s", db)
	}
	old := s.supervisorPID()
	signalPID(t, old, syscall.SIGKILL)
	s.eventually("another supervisor answers", func() bool { pid, err := supervisorPID(s.dirs.APISocket(s.project)); return err == nil && pid != old })
	check("after the supervisor was replaced")
	// What the kernel does not keep: from which range a new container gets its address.
	was := s.interfaces("far")["eth0"]
	s.must("rm", "-sf", "far")
	s.must("up", "-d", "--no-deps", "far")
	if got := s.interfaces("far")["eth0"]; !strings.Contains(got, " 172.28.5.") || strings.Contains(got, " 172.28.5.0/") || got == was {
		t.Errorf("after that, far has %q, before it had %q", got, was)
	}
	s.eventually("far serves again", func() bool { return s.answers("legacy", "far") })
	check("after all")
	if r := s.compose("up", "-d"); strings.Contains(r.stderr, "Recreate") || r.code != 0 {
		t.Errorf("an up without a change: exit %d\n%s", r.code, r.stderr)
	}
}

// enable_ipv6 alone: a unique local subnet, the same after down, and ::1 for all.
func TestIPv6Only(t *testing.T) {
	s := begin(t, `
services:
  a: { command: ./probe serve :80, networks: [six] }
  b: { command: ./probe serve :80, networks: [six] }
  c: { command: "./probe serve [::1]:80", networks: [four] }
networks:
  six: { enable_ipv4: false, enable_ipv6: true }
  four: {}
`)
	ula := regexp.MustCompile(` fd[0-9a-f:]+/64( |$)`)
	s.must("up", "-d")
	first := s.interfaces("a")["eth0"]
	if !ula.MatchString(first) || strings.Contains(first, ".") {
		t.Errorf("a has %q", first)
	}
	s.eventually("b answers a by name", func() bool { return s.answers("a", "b") })
	s.eventually("c answers itself by ::1", func() bool { return s.answers("c", "[::1]") })
	if got := s.interfaces("c")["eth0"]; strings.Contains(got, ":/") || strings.Contains(got, "fe80") {
		t.Errorf("c has %q", got)
	}
	s.must("down", "-t", "0")
	s.must("up", "-d")
	if again := ula.FindString(s.interfaces("b")["eth0"]); again == "" || again[:15] != ula.FindString(first)[:15] {
		t.Errorf("after down: %q, before %q", again, first)
	}
}

// A container with the rights for it sees, and captures on, what it is connected to.
func TestCapture(t *testing.T) {
	tcpdump, err := exec.LookPath("tcpdump")
	if err != nil {
		if tcpdump = "/usr/sbin/tcpdump"; !exists(tcpdump) {
			if tcpdump = "/usr/bin/tcpdump"; !exists(tcpdump) {
				t.Skip("tcpdump is missing: apt install tcpdump")
			}
		}
	}
	s := begin(t, `
services:
  web: { command: ./probe serve :80 }
  ask: { command: ./probe pause }
  admin: { command: ./probe pause, cap_add: [NET_ADMIN] }
  shut: { command: ./probe pause, cap_drop: [NET_RAW] }
networks: { default: { enable_ipv6: true } }
`)
	s.must("up", "-d")
	s.eventually("web serves", func() bool { return s.answers("ask", "web") })
	captured := make(chan result, 1)
	go func() {
		captured <- s.plain("exec", "-T", "web", tcpdump, "-Z", "root", "-i", "eth0", "-nn", "-c", "4", "tcp", "port", "80")
	}()
	var r result
	s.eventually("packets are captured", func() bool {
		s.answers("ask", "web")
		select {
		case r = <-captured:
			return true
		default:
			return false
		}
	})
	if r.code != 0 || !strings.Contains(r.stdout, ".80: Flags [S]") && !strings.Contains(r.stdout, ".80 > ") {
		t.Errorf("tcpdump: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if r := s.compose("exec", "-T", "shut", tcpdump, "-Z", "root", "-i", "eth0", "-c", "1"); r.code == 0 || !strings.Contains(r.stderr, "ermi") {
		t.Errorf("without NET_RAW: exit %d\n%s", r.code, r.stderr)
	}
	// NET_ADMIN is over its own interfaces.
	ip, err := exec.LookPath("ip")
	if err != nil {
		t.Skip("ip is missing: apt install iproute2")
	}
	links := s.must("exec", "-T", "admin", ip, "-o", "link")
	if strings.Count(links, "\n") != 2 || !strings.Contains(links, "eth0@") || !strings.Contains(links, "state UP") {
		t.Errorf("interfaces:\n%s", links)
	}
	s.must("exec", "-T", "admin", ip, "address", "add", "192.0.2.9/32", "dev", "eth0")
	s.must("exec", "-T", "admin", ip, "link", "add", "dummy9", "type", "bridge")
	if got := slices.Sorted(maps.Keys(s.interfaces("admin"))); !slices.Equal(got, []string{"default", "dummy9", "eth0"}) {
		t.Errorf("admin sees %q", got)
	}
	if r := s.compose("exec", "-T", "ask", ip, "link", "set", "eth0", "down"); r.code == 0 {
		t.Error("without NET_ADMIN an interface was changed")
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// What cannot be is said with its line, and nothing is made.
func TestNetworksThatCannotBe(t *testing.T) {
	s := begin(t, "services:\n  a:\n    command: ./probe pause\n    networks:\n      n: { ipv4_address: 10.9.0.5 }\nnetworks:\n  n: { ipam: { config: [{ subnet: 10.8.0.0/24 }] } }\n")
	s.fails(1, []string{"compose.yaml:5", "10.9.0.5", "10.8.0.0/24"}, "up", "-d")
	s.write("compose.yaml", "services:\n  a: { command: ./probe pause, networks: [n] }\nnetworks:\n  n: { driver: macvlan }\n")
	s.fails(1, []string{"compose.yaml:4", "macvlan", "bridge"}, "up", "-d")
	s.write("compose.yaml", "services:\n  a: { command: ./probe pause, networks: { n: { ipv4_address: 10.9.0.5 } } }\nnetworks:\n  n: { ipam: { config: [{ subnet: 10.9.0.0/24 }] } }\n")
	s.fails(1, []string{"compose.yaml:2", "10.9.0.5", "2 replicas", "run one replica"}, "up", "-d", "--scale", "a=2")
	if len(s.ps()) != 0 {
		t.Error("containers were made")
	}
}

// enable_ipv6 in a file that runs: the network is made anew, the containers stay.
func TestIPv6IsSwitchedOn(t *testing.T) {
	const file = "services:\n  a: { command: ./probe serve :80 }\n  b: { command: ./probe serve :80, networks: { default: SIX, other: {} } }\nnetworks:\n  default: { V6 }\n  other: {}\n"
	write := func(s *scenario, six, v6 string) {
		s.write("compose.yaml", strings.NewReplacer("SIX", six, "V6", v6).Replace(file))
	}
	s := begin(t, strings.NewReplacer("SIX", "{}", "V6", "").Replace(file))
	s.must("up", "-d")
	before := s.ps()
	if got := s.interfaces("b"); strings.Contains(got["eth0"]+got["eth1"], ":/") || len(got) != 3 {
		t.Errorf("b has %q", got)
	}
	write(s, `{ ipv6_address: "fd05::5" }`, `enable_ipv6: true, ipam: { config: [{ subnet: "fd05::/64" }] }`)
	s.must("up", "-d")
	if got := s.interfaces("b"); !strings.Contains(got["eth0"], " fd05::5/64") || strings.Contains(got["eth1"], "fd05") || strings.Contains(got["eth1"], "fe80") {
		t.Errorf("with IPv6, b has %q", got)
	}
	s.eventually("a reaches b by IPv6", func() bool { return s.answers("a", "[fd05::5]") })
	if hosts := s.file("b", "/etc/hosts"); !strings.Contains(hosts, "fd05::5\t") {
		t.Errorf("/etc/hosts:\n%s", hosts)
	}
	write(s, "{}", "")
	s.must("up", "-d")
	if got := s.interfaces("b"); strings.Contains(got["eth0"]+got["eth1"], "fd05") || strings.Contains(got["eth0"]+got["eth1"], "fe80") || len(got) != 3 {
		t.Errorf("without IPv6 again, b has %q", got)
	}
	s.eventually("a reaches b", func() bool { return s.answers("a", "b") })
	for name, c := range s.ps() {
		if c.ID != before[name].ID || c.State != "running" {
			t.Errorf("%s was made anew: %+v, before %+v", name, c, before[name])
		}
	}
}
