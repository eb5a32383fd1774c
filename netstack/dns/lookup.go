package dns

import (
	"net/netip"
	"slices"
	"strings"
)

// verdict says whose business a question is.
type verdict int

const (
	foreign verdict = iota // to be passed on
	absent                 // ours, and there is no such name
	present                // ours; addresses are given
	denied                 // would be passed on, but this asker may not
)

// lookup finds the addresses that name has for the asker.
func (z *Zone) lookup(asker, name string) ([]netip.Addr, verdict) {
	z.mu.RLock()
	defer z.mu.RUnlock()
	h := z.hosts[asker]
	if h == nil {
		return nil, absent
	}
	name = fold1(name)
	var addrs []netip.Addr
	known := false
	for i, e := range h.Endpoints {
		if slices.ContainsFunc(h.Endpoints[:i], func(o Endpoint) bool { return o.Network == e.Network }) {
			continue // the same place in another family
		}
		for _, r := range z.recordsFor(fold1(e.Network), name) {
			known = true
			if z.hosts[r.id].Up {
				addrs = append(addrs, r.addr)
			}
		}
	}
	switch {
	case len(addrs) > 0:
		return addrs, present
	case known, !strings.Contains(name, ".") && z.counts[name] > 0:
		return nil, absent
	}
	return nil, h.outside()
}

// recordsFor finds name, or name.network.
func (z *Zone) recordsFor(network, name string) []record {
	if rs := z.names[place{network, name}]; rs != nil {
		return rs
	}
	if short, ok := strings.CutSuffix(name, "."+network); ok {
		return z.names[place{network, short}]
	}
	return nil
}

// reverse finds the name of an address for the asker.
func (z *Zone) reverse(asker string, a netip.Addr) (string, verdict) {
	z.mu.RLock()
	defer z.mu.RUnlock()
	h := z.hosts[asker]
	if h == nil {
		return "", absent
	}
	for _, e := range h.Endpoints {
		if !e.Subnet.Contains(a) {
			continue
		}
		for id := range z.addrs[a] {
			if o := z.hosts[id]; o.Up && o.on(e.Network) {
				return o.Name + "." + e.Network, present
			}
		}
		return "", absent // the subnet is ours: nobody outside can know better
	}
	return "", h.outside()
}

func (h *Host) on(network string) bool {
	for _, e := range h.Endpoints {
		if e.Network == network {
			return true
		}
	}
	return false
}

func (h *Host) outside() verdict {
	if h.Forward {
		return foreign
	}
	return denied
}
