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
	// Forward says that its questions about the world outside may be passed on to
	// the host's resolvers.
	Forward bool
	// Upstream answers its questions about the world outside instead of the
	// host's resolvers, whatever Forward says; nil = the host's.
	Upstream *Upstream
	// Links are names that only this host knows, and what they stand for.
	Links map[string]string
	// Hosts are further names that only this host knows, with their addresses.
	Hosts map[string][]netip.Addr
}

// Endpoint is a place in one network.
type Endpoint struct {
	Network string
	Subnets []netip.Prefix // one for each family of the network
	Addrs   []netip.Addr   // the host's addresses there, of both families
	Names   []string       // all names it bears there, the canonical one included
	Shared  bool           // others than this zone's hosts are on the network too: see [Others]
}

// Others knows who else is on shared networks. It is called for each question
// that may concern them, from several goroutines, and must not wait.
type Others interface {
	// Find returns the addresses of those that bear the name (in lower case,
	// without the root's dot) on the network and run. known says that there are
	// some, running or not.
	Find(network, name string) (addrs []netip.Addr, known bool)
	// NameOf is the canonical name of who has the address there, "" if nobody.
	NameOf(network string, a netip.Addr) string
}

// Zone holds what is known of a project's names. It may be used from several
// goroutines.
type Zone struct {
	mu     sync.RWMutex
	hosts  map[string]*Host               // by id
	names  map[place][]record             // by network and name
	counts map[string]int                 // names on any network
	addrs  map[netip.Addr]map[string]bool // ids by address
	others Others
}

// place is a name on a network, in lower case.
type place struct{ network, name string }

// record is a host's addresses under one name on one network.
type record struct {
	id    string
	addrs []netip.Addr
}

// NewZone makes an empty zone.
func NewZone() *Zone {
	return &Zone{
		hosts: map[string]*Host{}, names: map[place][]record{},
		counts: map[string]int{}, addrs: map[netip.Addr]map[string]bool{},
	}
}

// SetOthers says who knows about shared networks; nil = nobody.
func (z *Zone) SetOthers(o Others) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.others = o
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
	h.Links, h.Hosts = foldKeys(h.Links), foldKeys(h.Hosts)
	z.hosts[id] = &h
	for _, e := range h.Endpoints {
		for _, n := range e.Names {
			p := place{fold1(e.Network), n}
			z.names[p] = append(z.names[p], record{id, e.Addrs})
			z.counts[n]++
		}
		for _, a := range e.Addrs {
			if z.addrs[a] == nil {
				z.addrs[a] = map[string]bool{}
			}
			z.addrs[a][id] = true
		}
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
			z.removeName(place{fold1(e.Network), n}, id)
		}
		for _, a := range e.Addrs {
			if delete(z.addrs[a], id); len(z.addrs[a]) == 0 {
				delete(z.addrs, a)
			}
		}
	}
}

func (z *Zone) removeName(p place, id string) {
	rest := slices.DeleteFunc(z.names[p], func(o record) bool { return o.id == id })
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

// foldKeys is a copy with folded keys.
func foldKeys[V any](m map[string]V) map[string]V {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]V, len(m))
	for k, v := range m {
		out[fold1(k)] = v
	}
	return out
}

// fold1 lowers the case and drops the root's dot (RFC 4343).
func fold1(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
