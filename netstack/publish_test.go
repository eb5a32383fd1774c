package netstack

import (
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPublish(t *testing.T) {
	if !isolated(t) {
		return
	}
	k := newHolder(t)
	s := open(t, newNamespace(t), k)
	ensure(t, s, Network{Name: "n"})
	web := service(t, s, "web-1", "n")
	p, err := s.Publish("web-1", PortSpec{Target: 80})
	if err != nil {
		t.Fatal(err)
	}
	// Bound, and nobody listens behind it yet: as without a port in between.
	if _, err := call(t, nil, hostAddr(p), ""); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("nobody listens: want refused, got %v", err)
	}
	if l, err := net.Listen("tcp", hostAddr(p)); err == nil {
		l.Close()
		t.Error("somebody else got the port before the service listened")
	}
	echo(t, web.NS(), ":80", "web:")
	opened(t, hostAddr(p))
	port := strconv.Itoa(int(p.Bound))
	for _, host := range []string{"127.0.0.1", "::1"} {
		out, err := call(t, nil, net.JoinHostPort(host, port), "hello")
		if out != "web:hello" || err != nil {
			t.Errorf("by %s: got %q, %v", host, out, err)
		}
	}
	again, err := s.Publish("web-1", p.Spec)
	if !again.Equal(p) || err != nil {
		t.Errorf("the same again: %+v, %v", again, err)
	}
	if err := s.Unpublish("web-1", false); err != nil {
		t.Fatal(err)
	}
	if _, err := call(t, nil, hostAddr(p), ""); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("after unpublish: want refused, got %v", err)
	}
	for _, name := range k.names() {
		if strings.HasPrefix(name, "port/") {
			t.Errorf("still kept: %s", name)
		}
	}
}

func TestPublishRange(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "n"})
	spec := PortSpec{HostIP: "127.0.0.1", HostPort: 8080, HostPortEnd: 8082, Target: 80}
	for i, id := range []string{"web-1", "web-2", "web-3"} {
		service(t, s, id, "n")
		p, err := s.Publish(id, spec)
		if err != nil || int(p.Bound) != 8080+i {
			t.Errorf("%s: bound %d, %v", id, p.Bound, err)
		}
	}
	service(t, s, "web-4", "n")
	_, err := s.Publish("web-4", spec)
	if err == nil || !strings.Contains(err.Error(), "no port from 8080 to 8082 is free") || !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("got %v", err)
	}
}

func TestPortErrors(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	ensure(t, s, Network{Name: "n"})
	service(t, s, "web-1", "n")
	service(t, s, "web-2", "n")
	other, err := net.Listen("tcp", "127.0.0.1:8081")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := s.Publish("web-2", PortSpec{HostPort: 8080, Target: 80}); err != nil {
		t.Fatal(err)
	}
	pid := strconv.Itoa(os.Getpid())
	for want, spec := range map[string]PortSpec{
		"in use by container web-2 of this project": {HostPort: 8080, Target: 80},
		"in use by process " + pid:                  {HostPort: 8081, Target: 80},
		"neither tcp nor udp":                       {HostPort: 53, Target: 53, Protocol: "sctp"},
		"is not an IP address":                      {HostIP: "localhost", Target: 53},
		"192.0.2.9 is not an address of this host":  {HostIP: "192.0.2.9", Target: 53},
		"publish port 8081:0/tcp: the":              {HostPort: 8081},
	} {
		if _, err := s.Publish("web-1", spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, got %v", spec, want, err)
		}
	}
	s.OnConflict(func(p int) string {
		if p != os.Getpid() {
			t.Errorf("asked for process %d", p)
		}
		return "shop"
	})
	_, err = s.Publish("web-1", PortSpec{HostPort: 8081, Target: 80})
	var c *ConflictError
	if !errors.As(err, &c) || c.Project != "shop" || !strings.Contains(c.Remedy(), "`mocker-compose -p shop down`") {
		t.Errorf("got %v", err)
	}
	if _, err := s.Publish("nobody-1", PortSpec{Target: 1}); err == nil {
		t.Error("published for a container that does not exist")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
