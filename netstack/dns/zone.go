package dns

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// Host is one container as others may ask for it.
type Host struct {
	// Name is its canonical name, which PTR questions are answered with.
	Name string
	// Endpoints are its places in networks.
	Endpoints []Endpoint
	// Up says that it runs. Names of others are not answered.
	Up bool
	// Forward says that its questions about the world outside may be passed on.
	Forward bool
}

// Endpoint is a place in one network, in one family.
type Endpoint struct {
	Network string
	Subnet  netip.Prefix
	Addr    netip.Addr
	Names   []string // all names it bears there, the canonical one included
}

// Zone holds what is known of a project's names. It may be used from several
// goroutines.
type Zone struct {
	mu     sync.RWMutex
	hosts  map[string]*Host               // by id
	names  map[place][]record             // by network and name
	counts map[string]int                 // names on any network
	addrs  map[netip.Addr]map[string]bool // ids by address
}

// place is a name on a network, in lower case.
type place struct{ network, name string }

type record struct {
	id   string
	addr netip.Addr
}

// NewZone makes an empty zone.
func NewZone() *Zone {
	return &Zone{
		hosts: map[string]*Host{}, names: map[place][]record{},
		counts: map[string]int{}, addrs: map[netip.Addr]map[string]bool{},
	}
}

// Set enters a host, in place of the one that had the id before.
func (z *Zone) Set(id string, h Host) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.remove(id)
	h.Endpoints = slices.Clone(h.Endpoints)
	for i := range h.Endpoints {
		h.Endpoints[i].Names = fold(h.Endpoints[i].Names)
	}
	z.hosts[id] = &h
	for _, e := range h.Endpoints {
		for _, n := range e.Names {
			p := place{fold1(e.Network), n}
			z.names[p] = append(z.names[p], record{id, e.Addr})
			z.counts[n]++
		}
		if z.addrs[e.Addr] == nil {
			z.addrs[e.Addr] = map[string]bool{}
		}
		z.addrs[e.Addr][id] = true
	}
}

// Remove forgets a host.
func (z *Zone) Remove(id string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.remove(id)
}

// SetUp says whether a host runs. An unknown id is no error.
func (z *Zone) SetUp(id string, up bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if h := z.hosts[id]; h != nil {
		h.Up = up
	}
}

// IsUp reports whether a host runs.
func (z *Zone) IsUp(id string) bool {
	z.mu.RLock()
	defer z.mu.RUnlock()
	h := z.hosts[id]
	return h != nil && h.Up
}

// HostAt returns the id of the host that has the address, "" if none has, or
// more than one.
func (z *Zone) HostAt(a netip.Addr) string {
	z.mu.RLock()
	defer z.mu.RUnlock()
	if len(z.addrs[a]) == 1 {
		for id := range z.addrs[a] {
			return id
		}
	}
	return ""
}

func (z *Zone) remove(id string) {
	h := z.hosts[id]
	if h == nil {
		return
	}
	delete(z.hosts, id)
	for _, e := range h.Endpoints {
		for _, n := range e.Names {
			z.removeName(place{fold1(e.Network), n}, record{id, e.Addr})
		}
		if delete(z.addrs[e.Addr], id); len(z.addrs[e.Addr]) == 0 {
			delete(z.addrs, e.Addr)
		}
	}
}

func (z *Zone) removeName(p place, r record) {
	rest := slices.DeleteFunc(z.names[p], func(o record) bool { return o == r })
	if len(rest) == 0 {
		delete(z.names, p)
	} else {
		z.names[p] = rest
	}
	if z.counts[p.name]--; z.counts[p.name] == 0 {
		delete(z.counts, p.name)
	}
}

// fold brings names to the form that they are compared in, each once.
func fold(names []string) []string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		if n = fold1(n); n != "" {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// fold1 lowers the case and drops the root's dot (RFC 4343).
func fold1(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
