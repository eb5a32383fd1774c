package ports

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// randomTries is how often a port that the kernel chose for IPv4 is given back
// because it is taken for IPv6.
const randomTries = 16

// bindSpec binds a port that the spec allows and that is free on all the addresses: of a range
// the one of that number or the next, beginning again at its end. The sockets are made in the host's net namespace, because the
// caller is an ordinary goroutine. t.mu is held.
func (t *Table) bindSpec(addrs []netip.Addr, spec Spec, number int) ([]*os.File, error) {
	last := int(max(spec.HostPort, spec.HostPortEnd))
	if spec.HostPort == 0 {
		last = randomTries - 1
	}
	var err error
	count := last - int(spec.HostPort) + 1
	for i := range count {
		ask := spec.HostPort + uint16((i+max(number, 1)-1)%count)
		if spec.HostPort == 0 {
			ask = 0 // here i only counts the attempts
		}
		var files []*os.File
		if files, err = t.bindAll(spec.protocol(), addrs, ask); err == nil {
			return files, nil
		}
		if !errors.Is(err, unix.EADDRINUSE) && !errors.Is(err, unix.EACCES) {
			return nil, err
		}
	}
	if errors.Is(err, unix.EACCES) && spec.Auto { // of a range, the last port: all are root's
		return t.bindAbove(addrs, spec, err)
	}
	if last > int(spec.HostPort) && spec.HostPort != 0 {
		return nil, fmt.Errorf("no port from %d to %d is free; the last one: %w", spec.HostPort, last, err)
	}
	return nil, err
}

// above is how far above a port that only root may bind its substitute is, and
// substitutes how many are tried.
const above, substitutes = 8000, 100

// bindAbove binds a port that stands for one that only root may bind: 8080 for 80,
// or the next that is free.
func (t *Table) bindAbove(addrs []netip.Addr, spec Spec, why error) ([]*os.File, error) {
	for port := spec.HostPort + above; port < spec.HostPort+above+substitutes; port++ {
		files, err := t.bindAll(spec.protocol(), addrs, port)
		if err == nil {
			t.w.Report(fmt.Sprintf("port %d/%s is published at %d: an ordinary user may bind ports from %d upwards",
				spec.HostPort, spec.protocol(), port, Floor()))
			return files, nil
		}
		if !errors.Is(err, unix.EADDRINUSE) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("no port from %d to %d is free for it either: %w", spec.HostPort+above, spec.HostPort+above+substitutes-1, why)
}

// bindAll binds one port on all addresses, or none.
func (t *Table) bindAll(protocol string, addrs []netip.Addr, port uint16) ([]*os.File, error) {
	var files []*os.File
	for i, a := range addrs {
		at := netip.AddrPortFrom(a, port)
		f, err := bindSocket(protocol, at)
		if err == nil && port == 0 && protocol == TCP {
			f, err = bindAgain(f)
		}
		if i > 0 && (errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EADDRNOTAVAIL)) {
			t.w.Report(fmt.Sprintf("port %d is published for IPv4 only: this host has no IPv6", port))
			continue
		}
		if err == nil && protocol == TCP {
			// Only this tells whether it is free: two sockets that do not listen yet
			// may both be bound.
			err = sock.With(f, func(fd int) error { return os.NewSyscallError("listen", unix.Listen(fd, 1)) })
			_ = sock.With(f, func(fd int) error { return unix.Shutdown(fd, unix.SHUT_RDWR) }) // nobody is to come in yet
			if err != nil {
				f.Close()
			}
		}
		if err != nil {
			closeAll(files)
			return nil, t.explainBind(protocol, at, err)
		}
		files = append(files, f)
		if port == 0 {
			got, err := localAddr(f)
			if err != nil {
				closeAll(files)
				return nil, err
			}
			port = got.Port()
		}
	}
	return files, nil
}

// bindAgain gives a TCP socket whose port the kernel chose another that was
// bound to it by number: only that keeps its port when it does not listen.
func bindAgain(first *os.File) (*os.File, error) {
	defer first.Close()
	at, err := localAddr(first)
	if err != nil {
		return nil, err
	}
	return bindSocket(TCP, at)
}

// explainBind adds cause and remedy.
func (t *Table) explainBind(protocol string, at netip.AddrPort, err error) error {
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return t.conflict(protocol, at, err)
	case errors.Is(err, unix.EACCES):
		return &cause.Error{Doing: "bind " + at.String(), Err: &FloorError{at}, Cause: cause.PortFloor(cause.Here(), int(at.Port()))}
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return fmt.Errorf("bind %s: %w: %s is not an address of this host: see `ip address`", at, err, at.Addr())
	}
	return fmt.Errorf("bind %s: %w", at, err)
}

// FloorError says that a port is below those that an ordinary user may bind.
type FloorError struct{ Addr netip.AddrPort }

func (e *FloorError) Error() string { return unix.EACCES.Error() }

// Unwrap is the system's error.
func (e *FloorError) Unwrap() error { return unix.EACCES }

// Floor is the lowest port that an ordinary user of this host may bind
// (ip-sysctl.rst, ip_unprivileged_port_start). The file shows the setting of the
// opening thread's namespace, and ordinary goroutines are in the host's.
func Floor() int {
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil {
		return 1024
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 1024
	}
	return n
}
