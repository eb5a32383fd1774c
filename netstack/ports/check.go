package ports

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Wish is a port that a service is going to publish.
type Wish struct {
	Service string
	Spec    Spec
}

// Check tells the first reason why wishes could not be fulfilled now, before
// anything is made for them: a port that somebody else has, one that only root may
// bind, an address that is not the host's, two services with one port. A port that
// a container of the project has counts as free: it may be given up by then.
func (t *Table) Check(wishes []Wish) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, w := range wishes {
		addrs, err := w.Spec.addresses()
		if err == nil && w.Spec.fixed() {
			err = t.checkFixed(wishes[:i], w, addrs)
		}
		if err != nil {
			return fmt.Errorf("service %s: %w", w.Service, portError(w.Spec, err))
		}
	}
	return nil
}

func (t *Table) checkFixed(before []Wish, w Wish, addrs []netip.Addr) error {
	for _, o := range before {
		others, err := o.Spec.addresses()
		if err == nil && o.Service != w.Service && o.Spec.fixed() && o.Spec.HostPort == w.Spec.HostPort &&
			o.Spec.protocol() == w.Spec.protocol() && overlap(others, addrs) {
			at := netip.AddrPortFrom(addrs[0], w.Spec.HostPort)
			return &ConflictError{Protocol: w.Spec.protocol(), Addr: at, Own: "service " + o.Service, Err: unix.EADDRINUSE}
		}
	}
	at := netip.AddrPortFrom(addrs[0], w.Spec.HostPort)
	if t.holderOf(w.Spec.protocol(), at) != "" {
		return nil
	}
	files, err := t.bindAll(w.Spec.protocol(), addrs, w.Spec.HostPort)
	closeAll(files)
	if errors.Is(err, unix.EACCES) && w.Spec.Auto {
		return nil
	}
	return err
}

// fixed tells whether it is one port and no other.
func (p Spec) fixed() bool { return p.HostPort != 0 && p.HostPortEnd <= p.HostPort }

func overlap(a, b []netip.Addr) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y || x.Is4() == y.Is4() && (x.IsUnspecified() || y.IsUnspecified()) {
				return true
			}
		}
	}
	return false
}
