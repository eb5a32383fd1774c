package netstack

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/undo"
	"github.com/mocker-compose/mocker-compose/netstack/commons"
	"github.com/mocker-compose/mocker-compose/netstack/ipam"
)

// ensureShared joins a shared network, unless the project is on it. s.mu is held.
func (s *Stack) ensureShared(w wantedNetwork) (NetworkInfo, error) {
	if s.sharing == nil {
		return NetworkInfo{}, errNotShared
	}
	if n := s.networks[w.Name]; n != nil {
		if n.shared == nil {
			return NetworkInfo{}, fmt.Errorf("the project has a network of its own of that name: %w: take the project down and up again", ErrDiffers)
		}
		if encodeSpec(n.shared.spec.Network) != encodeSpec(w.Network) {
			return NetworkInfo{}, fmt.Errorf("it was removed and made anew: %w: take the project down and up again", ErrDiffers)
		}
		return n.info(), nil
	}
	if err := s.noOverlap(w); err != nil {
		return NetworkInfo{}, err
	}
	n, err := s.join(w)
	if err != nil {
		return NetworkInfo{}, err
	}
	s.networks[n.name] = n
	s.lookAbroad()
	if err := s.applyRules(); err != nil {
		return NetworkInfo{}, errors.Join(err, s.leave(n))
	}
	return n.info(), nil
}

func (s *Stack) noOverlap(w wantedNetwork) error {
	for _, o := range s.networks {
		for _, space := range o.spaces() {
			for _, c := range []ipam.Config{w.v4, w.v6} {
				if c.Subnet.IsValid() && c.Subnet.Overlaps(space.Subnet()) {
					return fmt.Errorf("its subnet %s overlaps with %s of network %s: choose another subnet for one of them", c.Subnet, space.Subnet(), o.name)
				}
			}
		}
	}
	return nil
}

// join puts the project on the network. In this order, so that death at any point
// leaves nothing that others stumble over: X is kept, X is on record, the addresses
// are on record, the leg is made.
func (s *Stack) join(w wantedNetwork) (*network, error) {
	var u undo.Stack
	reg := s.sharing.Registry
	lock, err := reg.Lock(s.ctx)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	defer u.Run() //nolint:errcheck // the first error is the one that matters
	x, state, err := s.sharing.Find(w.Name)
	if err != nil {
		return nil, err
	}
	if x != nil && string(state.Spec) != encodeSpec(w.Network) {
		x.Close()
		return nil, fmt.Errorf("it was removed and made anew while others are on it: %w: take them down first", ErrDiffers)
	}
	if x == nil {
		if x, err = s.newX(w.Name); err != nil {
			return nil, err
		}
		if state, err = commons.Identity(x); err != nil {
			x.Close()
			return nil, err
		}
		state.Spec = json.RawMessage(encodeSpec(w.Network))
	}
	n := &network{
		name: w.Name, bridge: legName(w.Name), internal: w.Internal, isolated: w.Isolated, mtu: w.mtu(), labels: w.Labels,
		shared: &sharedNet{spec: w, x: x, member: commons.Member{Project: s.sharing.Project}},
	}
	u.Add("namespace", func() error { n.closeX(); return nil })
	if err := s.openX(n); err != nil {
		return nil, err
	}
	u.Add("kept namespace", func() error { return s.files.drop(func(name string) bool { return name == commons.KeptName(n.name) }) })
	if err := s.files.keepNow(map[string]*os.File{commons.KeptName(n.name): x}); err != nil {
		return nil, err
	}
	u.Add("registry", func() error { return reg.Remove(n.name, s.sharing.Project) })
	if err := s.takeLeg(n, state); err != nil {
		return nil, err
	}
	if err := s.makeLeg(n, n.shared.member.Leg); err != nil {
		return nil, err
	}
	n.shared.abroad = s.sharing.Abroad(s.ctx, n.name)
	u.Release()
	return n, nil
}

// takeLeg records which X counts, takes addresses for the leg, and records them.
func (s *Stack) takeLeg(n *network, state commons.State) error {
	reg := s.sharing.Registry
	if err := reg.SetState(n.name, state); err != nil {
		return err
	}
	others, err := reg.Others(n.name, s.sharing.Project) // its own is of an earlier life
	if err != nil {
		return err
	}
	leg, last, err := n.shared.spec.ranges().Choose(others, "", "", s.sharing.Project)
	if err != nil {
		return err
	}
	leg.Link = newLinkName()
	n.shared.member.Leg, n.shared.member.Last = leg, last
	if err := reg.Save(n.name, &n.shared.member); err != nil {
		return err
	}
	return n.makeSpaces(leg)
}

// makeSpaces gives the network the spaces of its subnets, whose gateway is the
// leg. They know the project's own addresses: the others' are on file.
func (n *network) makeSpaces(leg commons.Place) (err error) {
	w := n.shared.spec
	if leg.IPv4.IsValid() {
		if n.v4, err = ipam.NewSpace(ipam.Config{Subnet: w.v4.Subnet, Gateway: leg.IPv4}); err != nil {
			return err
		}
	}
	if leg.IPv6.IsValid() {
		n.v6, err = ipam.NewSpace(ipam.Config{Subnet: w.v6.Subnet, Gateway: leg.IPv6})
	}
	return err
}

// rejoin goes on with a network that an earlier process of the project has
// joined; one that it had not joined wholly is left. s.mu is held.
func (s *Stack) rejoin(name string) error {
	x := s.files.claim(commons.KeptName(name))
	if x == nil {
		return nil
	}
	lock, err := s.sharing.Registry.Lock(s.ctx)
	if err != nil {
		x.Close()
		return err
	}
	defer lock.Close()
	n := &network{name: name, bridge: legName(name), shared: &sharedNet{x: x}}
	if err = s.recall(n); err == nil {
		err = s.openX(n)
	}
	if err == nil && !s.hasLeg(n) {
		err = s.makeLeg(n, n.shared.member.Leg)
	}
	if err != nil {
		n.closeX()
		err = errors.Join(unlessVain(err), s.router.deleteLink(legName(name)), s.sharing.Registry.Remove(name, s.sharing.Project))
		return errors.Join(err, s.files.drop(func(kept string) bool { return kept == commons.KeptName(name) }))
	}
	s.networks[name] = n
	n.shared.abroad = s.sharing.Abroad(s.ctx, n.name)
	return nil
}

// errVain says that a network was not joined wholly, so nothing stands on it.
var errVain = errors.New("it was not joined wholly")

func unlessVain(err error) error {
	if errors.Is(err, errVain) {
		return nil
	}
	return err
}

// recall reads what is on record of a network that the project is on.
func (s *Stack) recall(n *network) error {
	reg := s.sharing.Registry
	state, err := reg.State(n.name)
	if err != nil {
		return err
	}
	member, err := reg.Member(n.name, s.sharing.Project)
	if err != nil {
		return err
	}
	id, err := commons.Identity(n.shared.x)
	if err != nil {
		return err
	}
	if member == nil || member.Leg.Link == "" || !id.Same(state) {
		return errVain
	}
	var spec Network
	if err := json.Unmarshal(state.Spec, &spec); err != nil {
		return err
	}
	w, err := parseNetwork(spec)
	if err != nil {
		return err
	}
	n.internal, n.isolated, n.mtu = w.Internal, w.Isolated, w.mtu()
	n.shared.spec, n.shared.member = w, *member
	return n.makeSpaces(member.Leg)
}

// leave takes the project off a shared network. s.mu is held.
func (s *Stack) leave(n *network) error {
	lock, err := s.sharing.Registry.Lock(s.ctx)
	if err != nil {
		return err
	}
	defer lock.Close()
	n.shared.abroad.Close()
	errs := []error{s.router.deleteLink(n.bridge)}
	errs = append(errs, s.files.drop(func(name string) bool { return name == commons.KeptName(n.name) }))
	errs = append(errs, s.sharing.Leave(n.name))
	n.closeX()
	delete(s.networks, n.name)
	s.lookAbroad()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("leave network %s: %w", n.name, err)
	}
	return nil
}
