package netstack

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

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
}

// network is one bridge. Its fields are guarded by Stack.mu.
type network struct {
	name     string
	bridge   string
	index    int
	internal bool
	space    *ipam.Space
	resolver *resolver // on the gateway's address; nil until a service needs it
}

func (n *network) info() NetworkInfo {
	return NetworkInfo{
		Name: n.name, Bridge: n.bridge, Subnet: n.space.Subnet(), Gateway: n.space.Gateway(),
		Internal: n.internal, Endpoints: n.space.InUse(),
	}
}

// EnsureNetwork makes the network if it does not exist. One that exists with
// other settings is made anew when nothing stands on it, else the error is
// [ErrDiffers].
func (s *Stack) EnsureNetwork(spec Network) (NetworkInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	want, err := parseNetwork(spec)
	if err != nil {
		return NetworkInfo{}, fmt.Errorf("network %s: %w", spec.Name, err)
	}
	if n := s.networks[spec.Name]; n != nil {
		if want.fits(n) {
			return n.info(), nil
		}
		if n.space.InUse() > 0 {
			return n.info(), fmt.Errorf("network %s has subnet %s, gateway %s, internal %t, and %d endpoints: %w: take the project down and up again",
				n.name, n.space.Subnet(), n.space.Gateway(), n.internal, n.space.InUse(), ErrDiffers)
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
	if err2 := s.router.deleteLink(n.bridge); err2 != nil {
		return errors.Join(err, fmt.Errorf("remove network %s: %w", n.name, err2))
	}
	delete(s.networks, n.name)
	return err
}

// makeNetwork chooses what is left open and makes the bridge.
func (s *Stack) makeNetwork(w wantedNetwork) (*network, error) {
	var others []netip.Prefix
	for _, o := range s.networks {
		others = append(others, o.space.Subnet())
	}
	if w.subnet.IsValid() {
		if ipam.Overlaps(w.subnet, others) {
			return nil, fmt.Errorf("subnet %s overlaps with another network of the project: choose another subnet", w.subnet)
		}
	} else {
		routes, err := hostRoutes()
		if err != nil {
			s.report(fmt.Sprintf("network %s: the host's routes cannot be read (%v): the subnet may overlap with one", w.Name, err))
		}
		if w.subnet, err = ipam.Choose(w.Name, slices.Concat(others, routes)); err != nil {
			// Nothing of the host is reachable from R by routing, so an overlap
			// hides at most the host's part of the range from the services.
			s.report(fmt.Sprintf("network %s: %v: the host's routes are not avoided; set a subnet for the network", w.Name, err))
			if w.subnet, err = ipam.Choose(w.Name, others); err != nil {
				return nil, err
			}
		}
	}
	space, err := ipam.NewSpace(w.subnet, w.gateway)
	if err != nil {
		return nil, err
	}
	n := &network{name: w.Name, bridge: bridgeName(w.Name, w.Internal), internal: w.Internal, space: space}
	n.index, err = s.router.makeBridge(n.bridge, n.name, netip.PrefixFrom(space.Gateway(), space.Subnet().Bits()))
	return n, err
}

// wantedNetwork is a Network whose addresses have been read.
type wantedNetwork struct {
	Network
	subnet  netip.Prefix
	gateway netip.Addr
}

func parseNetwork(spec Network) (w wantedNetwork, err error) {
	w.Network = spec
	if spec.Name == "" {
		return w, errors.New("the name is empty")
	}
	for _, pool := range spec.Subnets {
		if w.subnet, err = netip.ParsePrefix(pool.Subnet); err != nil {
			return w, fmt.Errorf("subnet %q is not a range such as 10.5.0.0/24: %w", pool.Subnet, err)
		}
		w.subnet = w.subnet.Masked()
		if pool.Gateway == "" {
			continue
		}
		if w.gateway, err = netip.ParseAddr(pool.Gateway); err != nil {
			return w, fmt.Errorf("gateway %q is not an address such as 10.5.0.1: %w", pool.Gateway, err)
		}
	}
	return w, nil
}

// fits reports whether n is what is wanted.
func (w wantedNetwork) fits(n *network) bool {
	return w.Internal == n.internal &&
		(!w.subnet.IsValid() || w.subnet == n.space.Subnet()) &&
		(!w.gateway.IsValid() || w.gateway == n.space.Gateway())
}
