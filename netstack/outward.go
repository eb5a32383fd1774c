package netstack

import (
	"fmt"
	"maps"
	"net/netip"
	"os"
	"strings"

	"github.com/mocker-compose/mocker-compose/netstack/egress"
)

// wantRelay opens the way out when the first network wants one, and closes it when
// none does any more. s.mu is held.
func (s *Stack) wantRelay(wanted bool) (err error) {
	switch {
	case !wanted:
		s.closeRelay()
		s.relay = nil
		return s.files.drop(func(name string) bool { return strings.HasPrefix(name, "relay/") })
	case s.relay != nil:
		return nil
	}
	s.relay, err = egress.Open(egress.World{
		InRouter: func(f func() error) error { return s.worker.do(s.routerNS, f) },
		Kept:     s.relaySockets, Carry: s.carried, Owner: s.zone.HostAt, Report: s.report,
		HostAccess: func(from, to netip.Addr) egress.Access { return accessOf[s.HostAccess(from, to)] },
	})
	return err
}

var accessOf = map[HostAccess]egress.Access{NoHost: egress.NoHost, HostAddress: egress.HostAddress, HostLoopback: egress.HostLoopback}

// relaySockets claims what an earlier process left, makes what is missing, and
// keeps that.
func (s *Stack) relaySockets(open map[string]func() (*os.File, error)) (map[string]*os.File, error) {
	files, fresh := map[string]*os.File{}, map[string]*os.File{}
	for name := range open {
		if f := s.files.claim(name); f != nil {
			files[name] = f
		}
	}
	err := s.worker.do(s.routerNS, func() error {
		for name, make := range open {
			if files[name] != nil {
				continue
			}
			f, err := make()
			if err != nil {
				return err
			}
			if f != nil {
				fresh[name] = f
			}
		}
		return nil
	})
	if err == nil && len(fresh) > 0 {
		err = s.files.keep(fresh)
	}
	if err != nil {
		for f := range maps.Values(files) {
			f.Close()
		}
		for f := range maps.Values(fresh) {
			f.Close()
		}
		return nil, fmt.Errorf("router namespace: %w", err)
	}
	maps.Copy(files, fresh)
	return files, nil
}

func (s *Stack) closeRelay() {
	if s.relay != nil {
		s.relay.Close()
	}
}

// forgetOutward ends what a container has going on outside.
func (s *Stack) forgetOutward(id string) {
	s.mu.Lock()
	relay := s.relay
	s.mu.Unlock()
	if relay != nil {
		relay.Forget(id)
	}
}

// leaveOutward ends what goes on from an endpoint that is no more. s.mu is held.
func (s *Stack) leaveOutward(e EndpointInfo) {
	if s.relay == nil {
		return
	}
	for _, a := range []netip.Addr{e.IPv4, e.IPv6} {
		if a.IsValid() {
			s.relay.Leave(a)
		}
	}
}
