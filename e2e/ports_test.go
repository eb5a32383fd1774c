package e2e

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/netstack/ports"
)

// One port by TCP and by UDP, on every address: who asks is answered, and the
// port is shown as docker shows it.
func TestPortOfBothProtocols(t *testing.T) {
	port := freePort(t)
	s := begin(t, fmt.Sprintf("services:\n  a: { command: ./probe answer :53, hostname: me, expose: ['99'], ports: ['%d:53', '%d:53/udp'] }\n", port, port))
	s.must("up", "-d")
	for _, protocol := range []string{"tcp", "udp"} {
		for _, host := range []string{"127.0.0.1", "::1"} {
			s.eventually(protocol+" by "+host, func() bool {
				who, err := askWho(protocol, net.JoinHostPort(host, itoa(port)), 5*time.Second)
				return who == "me" && err == nil
			})
		}
		if got := strings.TrimSpace(s.must("port", "--protocol", protocol, "a", "53")); got != fmt.Sprintf("0.0.0.0:%d", port) {
			t.Errorf("port --protocol %s: %s", protocol, got)
		}
	}
	want := fmt.Sprintf("99/tcp, 0.0.0.0:%d->53/tcp, 0.0.0.0:%d->53/udp, [::]:%d->53/tcp, [::]:%d->53/udp", port, port, port, port)
	if got := s.must("ps", "--format", "{{.Ports}}"); strings.TrimSpace(got) != want {
		t.Errorf("ps: %s\nwant %s", got, want)
	}
	// Whoever wants it hears who has it.
	other := prepare(t, fmt.Sprintf("services:\n  b: { command: ./probe pause, ports: ['127.0.0.1:%d:53/udp'] }\n", port))
	other.dirs = s.dirs
	other.env = append(slices.Clone(s.env), "COMPOSE_PROJECT_NAME="+other.project)
	other.fails(1, []string{"/udp", "project " + s.project}, "up", "-d")
	other.must("down")
	os.RemoveAll(other.dir)
}

// A datagram's conflict names the process.
func TestPortConflictUDP(t *testing.T) {
	u, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	port := u.LocalAddr().(*net.UDPAddr).Port
	s := begin(t, fmt.Sprintf("services:\n  a: { command: ./probe answer :80, ports: ['127.0.0.1:%d:80/udp'] }\n", port))
	s.fails(1, []string{"service a", itoa(port) + "/udp", itoa(selfPID()), "e2e.test"}, "up", "-d")
	if c, ok := s.ps()["a-1"]; ok {
		t.Errorf("a container was made for a port that is not to be had: %+v", c)
	}
	free := freePort(t)
	s.write("compose.yaml", fmt.Sprintf("services:\n  a: { command: ./probe pause, ports: ['127.0.0.1:%d:80'] }\n  b: { command: ./probe pause, ports: ['%d:81'] }\n", free, free))
	s.fails(1, []string{"service b", "service a of this project"}, "up", "-d")
	s.write("compose.yaml", "services:\n  a: { command: ./probe pause, ports: ['192.0.2.9::80'] }\n")
	s.fails(1, []string{"192.0.2.9 is not an address of this host"}, "up", "-d")
}

// All replicas of a service are behind its port; those that come and go, and are
// restarted one by one, cost no client anything.
func TestReplicasShareAPort(t *testing.T) {
	port := freePort(t)
	s := begin(t, fmt.Sprintf("services:\n  a: { command: ./probe answer :80, scale: 3, ports: ['127.0.0.1:%d:80', '127.0.0.1:%d:80/udp'] }\n  b: { command: ./probe pause, profiles: [b], ports: ['127.0.0.1:%d:80'] }\n", port, port, port))
	s.must("up", "-d")
	s.eventually("somebody answers", func() bool {
		_, err := askWho("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
		return err == nil
	})
	c := call(t, port, "tcp", "udp")
	s.eventually("all three answer", func() bool { _, _, hosts := c.so(); return len(hosts) == 3 })
	s.must("up", "-d", "--scale", "a=1")
	s.must("up", "-d", "--scale", "a=3")
	s.eventually("all five have answered", func() bool { _, _, hosts := c.so(); return len(hosts) == 5 })
	s.write("compose.yaml", strings.NewReplacer("answer :80", "answer :8080", fmt.Sprintf("%d:80'", port), fmt.Sprintf("%d:8080'", port),
		fmt.Sprintf("%d:80/udp", port), fmt.Sprintf("%d:8080/udp", port)).Replace(s.read("compose.yaml")))
	s.must("up", "-d", "-t", "0") // one after the other gets another port inside
	s.must("restart", "-t", "0", "a")
	before, _, _ := c.so()
	s.eventually("they go on to answer", func() bool {
		now, _, _ := c.so()
		return now["tcp"] > before["tcp"]+50 && now["udp"] > before["udp"]+50
	})
	c.end()
	if _, refused, _ := c.so(); refused != 0 {
		t.Errorf("%d clients were refused", refused)
	}
	s.fails(1, []string{"service a of this project"}, "--profile", "b", "up", "-d", "b")
}

// A service that is restarted keeps its clients waiting, one that is stopped
// refuses them, and one that does not listen yet refuses them too.
func TestRestartHoldsClients(t *testing.T) {
	port := freePort(t)
	s := begin(t, fmt.Sprintf("services:\n  a: { command: ./probe answer :80, ports: ['127.0.0.1:%d:80'] }\n  late: { command: ./probe answer :80 1h, ports: ['127.0.0.1::80'] }\n", port))
	s.must("up", "-d")
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	s.eventually("a answers", func() bool { _, err := askWho("tcp", addr, time.Second); return err == nil })
	c := call(t, port, "tcp")
	for range 5 {
		s.must("restart", "-t", "0", "a")
	}
	before, _, _ := c.so()
	s.eventually("a goes on to answer", func() bool { now, _, _ := c.so(); return now["tcp"] > before["tcp"]+20 })
	c.end()
	if _, refused, _ := c.so(); refused != 0 {
		t.Errorf("%d clients were refused by restarts", refused)
	}
	if _, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port("late-1"))); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a service that does not listen yet: want refused, got %v", err)
	}
	s.must("stop", "-t", "0", "a")
	if _, err := net.Dial("tcp", addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a service that is stopped: want refused, got %v", err)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatalf("the port of a stopped service: %v", err)
	}
	l.Close()
}

// kill -9 of the supervisor, again and again, is not seen by those who connect.
func TestPortsSurviveTheSupervisor(t *testing.T) {
	port := freePort(t)
	s := begin(t, fmt.Sprintf("services:\n  a: { command: ./probe answer :80, scale: 2, ports: ['127.0.0.1:%d:80', '127.0.0.1:%d:80/udp'] }\n", port, port))
	s.must("up", "-d")
	s.eventually("a answers", func() bool {
		_, err := askWho("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
		return err == nil
	})
	c := call(t, port, "tcp", "tcp", "udp")
	for range kills() {
		old := s.supervisorPID()
		signalPID(t, old, syscall.SIGKILL)
		s.eventually("another supervisor answers", func() bool { pid, err := supervisorPID(s.dirs.APISocket(s.project)); return err == nil && pid != old })
		before, _, _ := c.so()
		s.eventually("clients are answered", func() bool {
			now, _, _ := c.so()
			return now["tcp"] > before["tcp"] && now["udp"] > before["udp"]
		})
	}
	c.end()
	answers, refused, hosts := c.so()
	if refused != 0 || len(hosts) != 2 {
		t.Errorf("%d clients were refused; answers by %v", refused, hosts)
	}
	t.Logf("%d kills: %v answers, %d connections were broken under way", kills(), answers, c.broken)
}

// What is published is open, nothing else, and nothing is left after down.
func TestManyPorts(t *testing.T) {
	const count = 200
	first := freePorts(t, count)
	last := first + count - 1
	s := begin(t, fmt.Sprintf("services:\n  a: { command: ./probe answer :8000, ports: ['127.0.0.1:%d-%d:8000-%d', '127.0.0.1:%d-%d:8000-%d/udp'] }\n",
		first, last, 8000+count-1, first, last, 8000+count-1))
	s.must("up", "-d")
	if got := strings.Count(s.must("ps", "--format", "{{.Ports}}"), "->"); got != 2*count {
		t.Errorf("ps lists %d ports, want %d", got, 2*count)
	}
	if got := s.bound(first, count); len(got) != count {
		t.Errorf("%d ports are bound, want %d", len(got), count)
	}
	s.eventually("the one that listens is open", func() bool { return slices.Equal(openPorts(first, count), []int{first}) })
	s.must("down", "-t", "0")
	if got := s.bound(first, count); len(got) != 0 {
		t.Errorf("after down: still bound: %v", got)
	}
}

// openPorts lists those of count ports from first on where a client gets in.
func openPorts(first, count int) (list []int) {
	for p := first; p < first+count; p++ {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", p)); err == nil {
			c.Close()
			list = append(list, p)
		}
	}
	return list
}

// bound lists the ports that cannot be bound by anybody else, TCP or UDP.
func (s *scenario) bound(first, count int) (list []int) {
	for p := first; p < first+count; p++ {
		addr := fmt.Sprintf("127.0.0.1:%d", p)
		l, err1 := net.Listen("tcp", addr)
		if err1 == nil {
			l.Close()
		}
		u, err2 := net.ListenPacket("udp", addr)
		if err2 == nil {
			u.Close()
		}
		if err1 != nil || err2 != nil {
			list = append(list, p)
		}
	}
	return list
}

// Ports that only root may bind: the error names the setting, and --ports auto
// takes another and says so.
func TestLowPorts(t *testing.T) {
	if ports.Floor() <= 81 {
		t.Skipf("everybody may bind ports from %d upwards here: sysctl net.ipv4.ip_unprivileged_port_start", ports.Floor())
	}
	s := begin(t, "services:\n  a: { command: ./probe answer :80, hostname: me, ports: ['127.0.0.1:81:80', '127.0.0.1:81:80/udp'] }\n")
	s.fails(1, []string{"net.ipv4.ip_unprivileged_port_start=81", "--ports auto"}, "up", "-d")
	s.fails(1, []string{"invalid --ports"}, "up", "-d", "--ports", "any")
	r := s.compose("up", "-d", "--ports", "auto")
	if r.code != 0 || !strings.Contains(r.stderr, "port 81/tcp is published at 8") || !strings.Contains(r.stderr, "port 81/udp is published at 8") {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	check := func() {
		t.Helper()
		for _, protocol := range []string{"tcp", "udp"} {
			addr := strings.TrimSpace(s.must("port", "--protocol", protocol, "a", "80"))
			s.eventually(protocol+" by "+addr, func() bool { who, err := askWho(protocol, addr, 5*time.Second); return who == "me" && err == nil })
		}
	}
	check()
	s.must("restart", "-t", "0")
	check()
	s.env = append(s.env, "MOCKER_PORTS=auto")
	id := s.ps()["a-1"].ID
	s.must("up", "-d")
	if s.ps()["a-1"].ID != id {
		t.Error("the same by the variable makes another container")
	}
}
