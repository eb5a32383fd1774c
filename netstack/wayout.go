package netstack

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/netstack/settings"
	"github.com/mocker-compose/mocker-compose/netstack/uplink"
)

// The ways out of R that need no helper. All others are the names of helpers
// (package uplink).
const (
	Relay = "relay" // connections are made again from the host
	NoWay = "none"
)

// wayOut is the way out that is in force. R is the record: a tap says so by its
// alias, no way out at all by the alias of the loopback interface.
type wayOut struct {
	name string
	tap  uplink.State
}

const noWayAlias = "uplink none"

// readWayOut finds what an earlier process left in R, and writes the rules for it.
func (s *Stack) readWayOut() error {
	tap, ok, err := uplink.Read(s.router.Handle)
	switch {
	case err != nil:
		return err
	case ok:
		s.wayOut = wayOut{name: tap.Helper, tap: tap}
		return errors.Join(s.applyRules(), s.forward(true))
	}
	s.wayOut = wayOut{name: Relay}
	lo, err := s.router.LinkByIndex(loopback)
	if err != nil {
		return fmt.Errorf("look up the loopback of the router namespace: %w", err)
	}
	if lo.Attrs().Alias == noWayAlias {
		s.wayOut.name = NoWay
		s.upstream.Close(true)
	}
	return s.applyRules()
}

// WayOut is the name of the way out that is in force.
func (s *Stack) WayOut() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wayOut.name
}

// CheckWayOut says why a way out cannot be opened here, and what mends it; it
// changes nothing. helper is nil for those that need none.
func (s *Stack) CheckWayOut(name string) (helper *uplink.Helper, err error) {
	if name == NoWay {
		return nil, nil //nolint:nilnil // it needs none
	}
	if s.firewall == nil {
		if name == Relay {
			return nil, nil //nolint:nilnil // said already: there is no way out
		}
		return nil, &cause.Error{Doing: "uplink " + name, Err: errors.New("without nf_tables networks could not be kept apart"), Cause: cause.Rules(cause.Here())}
	}
	if name == Relay {
		return nil, nil //nolint:nilnil // it needs none
	}
	if helper, err = uplink.Find(name); err == nil {
		err = uplink.CheckDevice()
	}
	if err != nil {
		return nil, fmt.Errorf("uplink %s: %w", name, err)
	}
	return helper, nil
}

// SetWayOut opens one way out and closes the others. For one that needs a helper
// the answer is how it is called; ns is the path by which the helper will find R.
// No helper of another tap may run.
func (s *Stack) SetWayOut(name, ns string) (*uplink.Helper, []string, error) {
	helper, err := s.CheckWayOut(name)
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if helper == nil {
		return nil, nil, s.setPlain(name)
	}
	if err := s.setTap(helper); err != nil {
		return nil, nil, fmt.Errorf("uplink %s: %w", name, err)
	}
	return helper, helper.Args(s.wayOut.tap.Plan, ns), nil
}

// WayOutFits reports whether the tap's ranges are still nobody else's: networks
// that were made since may overlap with them.
func (s *Stack) WayOutFits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.wayOut.tap.Plan.Subnet.IsValid() || s.wayOut.tap.Plan.Fits(s.ranges())
}

// setPlain opens the relay or nothing. s.mu is held.
func (s *Stack) setPlain(name string) error {
	if s.wayOut.name == name {
		return nil
	}
	if err := s.dropTap(); err != nil {
		return err
	}
	alias := ""
	if name == NoWay {
		alias = noWayAlias
	}
	lo, err := s.router.LinkByIndex(loopback)
	if err == nil {
		err = s.router.LinkSetAlias(lo, alias)
	}
	if err != nil {
		return fmt.Errorf("record the uplink %s: %w", name, err)
	}
	s.upstream.Close(name == NoWay)
	s.wayOut = wayOut{name: name}
	return s.applyRules()
}

// setTap makes the tap, or goes on with one that fits. s.mu is held.
func (s *Stack) setTap(h *uplink.Helper) error {
	if s.wayOut.name == h.Name && s.wayOut.tap.Plan.Fits(s.ranges()) {
		return nil
	}
	if err := s.setPlain(NoWay); err != nil {
		return err
	}
	taken := s.ranges()
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		routes, err := hostRoutes(family)
		if err != nil {
			return err
		}
		taken = append(taken, routes...)
	}
	plan, err := uplink.MakePlan(h, taken)
	if err != nil {
		return err
	}
	var tap uplink.State
	err = s.worker.do(s.routerNS, func() (err error) {
		tap, err = uplink.Make(s.router.Handle, h.Name, plan)
		return err
	})
	if err != nil {
		return err
	}
	s.upstream.Close(false)
	s.wayOut = wayOut{name: h.Name, tap: tap}
	// The rules first: from then on to forward is safe.
	if err = s.applyRules(); err == nil {
		err = s.forward(true)
	}
	if err != nil {
		return errors.Join(err, s.setPlain(NoWay))
	}
	return nil
}

// ranges are those of the project's networks. s.mu is held.
func (s *Stack) ranges() (list []netip.Prefix) {
	for _, n := range s.networks {
		for _, sp := range n.spaces() {
			list = append(list, sp.Subnet())
		}
	}
	return list
}

// dropTap removes the tap, if there is one. s.mu is held.
func (s *Stack) dropTap() error {
	if !s.wayOut.tap.Plan.Subnet.IsValid() {
		return nil
	}
	return errors.Join(s.forward(false), uplink.Remove(s.router.Handle))
}

// forward lets R forward, which its rules bound to the tap.
func (s *Stack) forward(on bool) error {
	v := "0"
	if on {
		v = "1"
	}
	return s.worker.do(s.routerNS, func() error {
		return settings.Apply([]settings.Setting{
			{Key: "ipv4/ip_forward", Value: v},
			{Key: "ipv6/conf/all/forwarding", Value: v, Optional: true},
			// Writing it resets these.
			{Key: "ipv4/conf/all/rp_filter", Value: "0"},
			{Key: "ipv4/conf/default/rp_filter", Value: "0"},
		})
	})
}
