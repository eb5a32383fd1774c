package netstack

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/ipam"
)

// ErrDiffers says that a network exists with other settings and is in use.
var ErrDiffers = errors.New("the network is in use with other settings")

// Network is a network as it is wanted.
type Network struct {
	Name string `json:"name"`
	// Subnets are what is asked for, at most one of each family. A family that is
	// enabled and has none gets one chosen from the pools.
	Subnets  []Subnet          `json:"subnets,omitempty"`
	NoIPv4   bool              `json:"no_ipv4,omitempty"`
	IPv6     bool              `json:"ipv6,omitempty"`
	Internal bool              `json:"internal,omitempty"` // no way out
	Isolated bool              `json:"isolated,omitempty"` // endpoints do not reach each other
	MTU      int               `json:"mtu,omitempty"`      // bytes; 0 = [MTU]
	Bridge   string            `json:"bridge,omitempty"`   // name of the interface; "" = derived from Name
	Labels   map[string]string `json:"labels,omitempty"`
	// Shared: other projects are on it, see [Stack.Share]. Its subnets are given.
	Shared bool `json:"shared,omitempty"`
}

// Subnet is a range of a network's addresses as it is wanted.
type Subnet struct {
	Subnet  string            `json:"subnet"`             // CIDR
	Gateway string            `json:"gateway,omitempty"`  // "" = the first address
	IPRange string            `json:"ip_range,omitempty"` // CIDR from which addresses are chosen; "" = the subnet
	Aux     map[string]string `json:"aux,omitempty"`      // addresses that are not given out, by what has them
}

// NetworkInfo is a network as it is.
type NetworkInfo struct {
	Name      string       `json:"name"`
	Bridge    string       `json:"bridge"` // interface in the router namespace
	Subnet    netip.Prefix `json:"subnet"` // of IPv4; invalid without
	Gateway   netip.Addr   `json:"gateway"`
	Subnet6   netip.Prefix `json:"subnet6"` // of IPv6; invalid without
	Gateway6  netip.Addr   `json:"gateway6"`
	MTU       int          `json:"mtu"`
	Internal  bool         `json:"internal,omitempty"`
	Isolated  bool         `json:"isolated,omitempty"`
	Endpoints int          `json:"endpoints"`
	Shared    bool         `json:"shared,omitempty"` // with other projects
}

// network is one bridge. Its fields are guarded by Stack.mu.
type network struct {
	name     string
	bridge   string
	index    int
	internal bool
	isolated bool
	mtu      int
	wide     bool // the bridge allows large bursts, or has been asked to
	labels   map[string]string
	v4, v6   *ipam.Space // nil: the network is without the family
	// odd are the addresses that have, or had, a hardware address that does not
	// follow from them: neighbours may remember it.
	odd map[netip.Addr]bool
	// What speaks to the kernel in the bridge's namespace: R, but for networks
	// that projects share. links is for the worker only.
	router   router
	links    rtnetlink
	shared   *sharedNet // nil: the project's own
	resolver *resolver  // on the gateway's address; nil until a service needs it
}

// spaces are those that the network has.
func (n *network) spaces() []*ipam.Space {
	return slices.DeleteFunc([]*ipam.Space{n.v4, n.v6}, func(s *ipam.Space) bool { return s == nil })
}

// gateway is an address of the bridge, of IPv4 if it has one.
func (n *network) gateway() netip.Addr { return n.spaces()[0].Gateway() }

// endpoints is the number of endpoints: each has an address of each family.
func (n *network) endpoints() (most int) {
	for _, s := range n.spaces() {
		most = max(most, s.InUse())
	}
	return most
}

func (n *network) info() NetworkInfo {
	info := NetworkInfo{
		Name: n.name, Bridge: n.bridge, MTU: n.mtu, Internal: n.internal, Isolated: n.isolated, Endpoints: n.endpoints(),
		Shared: n.shared != nil,
	}
	if n.v4 != nil {
		info.Subnet, info.Gateway = n.v4.Subnet(), n.v4.Gateway()
	}
	if n.v6 != nil {
		info.Subnet6, info.Gateway6 = n.v6.Subnet(), n.v6.Gateway()
	}
	return info
}

// EnsureNetwork makes the network if it does not exist. One that exists with
// other settings is made anew when nothing stands on it, else the error is
// [ErrDiffers]. From which range addresses are chosen may change at any time.
func (s *Stack) EnsureNetwork(spec Network) (NetworkInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	want, err := parseNetwork(spec)
	if err != nil {
		return NetworkInfo{}, fmt.Errorf("network %s: %w", spec.Name, err)
	}
	if spec.Shared {
		info, err := s.ensureShared(want)
		if err != nil {
			err = fmt.Errorf("network %s: %w", spec.Name, err)
		}
		return info, err
	}
	if n := s.networks[spec.Name]; n != nil {
		if n.shared != nil {
			return n.info(), fmt.Errorf("network %s is shared with other projects: %w: take the project down and up again", n.name, ErrDiffers)
		}
		if want.fits(n) {
			return n.info(), want.restrict(n)
		}
		if n.endpoints() > 0 {
			return n.info(), fmt.Errorf("network %s has %s and %d endpoints: %w: take the project down and up again",
				n.name, n.settings(), n.endpoints(), ErrDiffers)
		}
		if err := s.removeNetwork(n); err != nil {
			return NetworkInfo{}, err
		}
	}
	n, err := s.makeNetwork(want)
	if err != nil {
		return NetworkInfo{}, fmt.Errorf("network %s: %w", spec.Name, err)
	}
	s.networks[n.name] = n
	if err := s.applyRules(); err != nil {
		return NetworkInfo{}, fmt.Errorf("network %s: %w", spec.Name, errors.Join(err, s.removeNetwork(n)))
	}
	return n.info(), nil
}

// RemoveNetwork removes a network. Endpoints that still stand on it lose it.
// One that does not exist is no error.
func (s *Stack) RemoveNetwork(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.networks[name]; n != nil {
		return s.removeNetwork(n)
	}
	return nil
}

// Networks lists the networks, sorted by name.
func (s *Stack) Networks() []NetworkInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []NetworkInfo
	for n := range maps.Values(s.networks) {
		out = append(out, n.info())
	}
	slices.SortFunc(out, func(a, b NetworkInfo) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (s *Stack) removeNetwork(n *network) error {
	err := s.dropResolver(n)
	if n.shared != nil {
		return errors.Join(err, s.leave(n), s.applyRules())
	}
	err = errors.Join(err, s.evict(n))
	if err2 := n.router.deleteLink(n.bridge); err2 != nil {
		return errors.Join(err, fmt.Errorf("remove network %s: %w", n.name, err2))
	}
	delete(s.networks, n.name)
	return errors.Join(err, s.applyRules())
}

// makeNetwork chooses what is left open and makes the bridge.
func (s *Stack) makeNetwork(w wantedNetwork) (*network, error) {
	n := &network{
		name: w.Name, bridge: w.Bridge, internal: w.Internal, isolated: w.Isolated, mtu: w.mtu(), labels: w.Labels,
		router: s.router, links: s.links,
	}
	var err error
	if !w.NoIPv4 {
		if n.v4, err = s.chooseSpace(w.Name, w.v4, ipam.Choose, unix.AF_INET); err != nil {
			return nil, err
		}
	}
	if w.IPv6 {
		if n.v6, err = s.chooseSpace(w.Name, w.v6, ipam.Choose6, unix.AF_INET6); err != nil {
			return nil, err
		}
	}
	if n.bridge == "" {
		n.bridge = bridgeName(w.Name, w.Internal)
	}
	return n, s.makeBridge(n)
}

// chooseSpace makes the space of one family, of the subnet that is asked for or
// a free one.
func (s *Stack) chooseSpace(name string, c ipam.Config, choose func(string, []netip.Prefix) (netip.Prefix, error), family int) (*ipam.Space, error) {
	var others []netip.Prefix
	for _, o := range s.networks {
		for _, space := range o.spaces() {
			if others = append(others, space.Subnet()); c.Subnet.IsValid() && c.Subnet.Overlaps(space.Subnet()) {
				return nil, fmt.Errorf("subnet %s overlaps with %s of network %s: choose another subnet for one of them", c.Subnet, space.Subnet(), o.name)
			}
		}
	}
	if c.Subnet.IsValid() {
		return ipam.NewSpace(c)
	}
	routes, err := hostRoutes(family)
	if err != nil {
		s.report(fmt.Sprintf("network %s: the host's routes cannot be read (%v): the subnet may overlap with one", name, err))
	}
	if c.Subnet, err = choose(name, slices.Concat(others, routes)); err != nil {
		// Nothing of the host is reachable from R by routing, so an overlap
		// hides at most the host's part of the range from the services.
		s.report(fmt.Sprintf("network %s: %v: the host's routes are not avoided; set a subnet for the network", name, err))
		if c.Subnet, err = choose(name, others); err != nil {
			return nil, err
		}
	}
	return ipam.NewSpace(c)
}
