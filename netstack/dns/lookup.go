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

// lookup finds the addresses that name has for the asker. Its own hosts stand before
// its links, and these before names of the networks, as /etc/hosts stands before all
// of them for whoever reads it.
func (z *Zone) lookup(asker, name string) ([]netip.Addr, verdict) {
	z.mu.RLock()
	h, others := z.hosts[asker], z.others
	if h == nil {
		z.mu.RUnlock()
		return nil, absent
	}
	name = fold1(name)
	if own := h.Hosts[name]; own != nil {
		z.mu.RUnlock()
		return slices.Clone(own), present // the caller shuffles
	}
	if target, ok := h.Links[name]; ok {
		name = fold1(target)
	}
	var addrs []netip.Addr
	known, shared := false, false
	for _, e := range h.Endpoints {
		shared = shared || e.Shared
		for _, r := range z.recordsFor(fold1(e.Network), name) {
			known = true
			if z.hosts[r.id].Up {
				addrs = append(addrs, r.addrs...)
			}
		}
	}
	hidden := !strings.Contains(name, ".") && z.counts[name] > 0
	z.mu.RUnlock() // others have their own locks. A host is never changed, but for Up
	if shared && others != nil {
		more, found := findOthers(others, h.Endpoints, name)
		addrs, known = append(addrs, more...), known || found
	}
	switch {
	case len(addrs) > 0:
		return addrs, present
	case known, hidden:
		return nil, absent
	}
	return nil, h.outside()
}

// findOthers asks about name, or name.network, on the shared networks.
func findOthers(others Others, endpoints []Endpoint, name string) (addrs []netip.Addr, known bool) {
	for _, e := range endpoints {
		if !e.Shared {
			continue
		}
		found, ok := others.Find(e.Network, name)
		if short, cut := strings.CutSuffix(name, "."+fold1(e.Network)); cut && !ok {
			found, ok = others.Find(e.Network, short)
		}
		addrs, known = append(addrs, found...), known || ok
	}
	return addrs, known
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
		if !e.covers(a) {
			continue
		}
		for id := range z.addrs[a] {
			if o := z.hosts[id]; o.Up && o.on(e.Network) {
				return o.Name + "." + e.Network, present
			}
		}
		if e.Shared && z.others != nil {
			if name := z.others.NameOf(e.Network, a); name != "" {
				return name + "." + e.Network, present
			}
		}
		return "", absent // the subnet is ours: nobody outside can know better
	}
	return "", h.outside()
}

// covers tells whether the address belongs to the network: also one beside its
// subnets that was given to the host there (link_local_ips).
func (e Endpoint) covers(a netip.Addr) bool {
	return slices.ContainsFunc(e.Subnets, func(p netip.Prefix) bool { return p.Contains(a) }) || slices.Contains(e.Addrs, a)
}

// upstream is who answers an asker's questions about the world outside; nil =
// the host's resolvers.
func (z *Zone) upstream(asker string) *Upstream {
	z.mu.RLock()
	defer z.mu.RUnlock()
	if h := z.hosts[asker]; h != nil {
		return h.Upstream
	}
	return nil
}

func (h *Host) on(network string) bool {
	return slices.ContainsFunc(h.Endpoints, func(e Endpoint) bool { return e.Network == network })
}

func (h *Host) outside() verdict {
	if h.Forward || h.Upstream != nil {
		return foreign
	}
	return denied
}
