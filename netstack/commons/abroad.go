package commons

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// Abroad knows the containers of other projects on one network.
type Abroad struct {
	*Watch
	c       *Sharing
	network string
	ctx     context.Context //nolint:containedctx // ends the watches of other projects' lives
	cancel  context.CancelFunc
	deaths  map[string]<-chan struct{} // guarded by the watch

	mu    sync.RWMutex
	names map[string][]bearer // in lower case
	addrs map[netip.Addr]string
}

// bearer is a container under one of its names.
type bearer struct {
	project string
	addrs   []netip.Addr
	up      bool
}

// Abroad begins to look at a network. Others are read when they are asked for and
// something has changed; who dies is noticed by itself, if it was seen before.
func (c *Sharing) Abroad(ctx context.Context, network string) *Abroad {
	a := &Abroad{c: c, network: network, deaths: map[string]<-chan struct{}{}}
	a.ctx, a.cancel = context.WithCancel(ctx)
	a.Watch = c.Registry.Watch(network, a.read)
	return a
}

// Close ends the watch over the others' lives.
func (a *Abroad) Close() { a.cancel() }

// Find returns the addresses of those that bear the name and run; known says that
// there are some, running or not. Case does not matter.
func (a *Abroad) Find(name string) (addrs []netip.Addr, known bool) {
	_ = a.Look() // what cannot be read now is read by the next question
	a.mu.RLock()
	defer a.mu.RUnlock()
	all := a.names[strings.ToLower(name)]
	for _, b := range all {
		if b.up {
			addrs = append(addrs, b.addrs...)
		}
	}
	return addrs, len(all) > 0
}

// NameOf is the name of the container that has the address and runs, "" if none has.
func (a *Abroad) NameOf(addr netip.Addr) string {
	_ = a.Look()
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.addrs[addr]
}

// read reads the other projects' files.
func (a *Abroad) read() error {
	members, err := a.c.Registry.Others(a.network, a.c.Project)
	if err != nil {
		return err
	}
	members = slices.DeleteFunc(members, func(m Member) bool { return a.isDead(m.Project) })
	names, addrs := map[string][]bearer{}, map[netip.Addr]string{}
	for i := range members {
		for id, h := range members[i].Hosts {
			b := bearer{project: members[i].Project, up: h.Up, addrs: h.addresses()}
			var seen []string
			for _, n := range h.Names {
				if n = strings.ToLower(n); n != "" && !slices.Contains(seen, n) {
					names[n], seen = append(names[n], b), append(seen, n)
				}
			}
			for _, addr := range b.addrs {
				if h.Up {
					addrs[addr] = id
				}
			}
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.names, a.addrs = names, addrs
	return nil
}

func (p Place) addresses() []netip.Addr {
	return slices.DeleteFunc([]netip.Addr{p.IPv4, p.IPv6}, func(a netip.Addr) bool { return !a.IsValid() })
}

// isDead reports that a project's holder has died. While it lives it is watched.
func (a *Abroad) isDead(project string) bool {
	if a.c.Death == nil {
		return false
	}
	if death := a.deaths[project]; death != nil && !closed(death) {
		return false
	}
	death := a.c.Death(a.ctx, project) // perhaps it is risen again
	if closed(death) {
		return true
	}
	if a.deaths[project] = death; death != nil {
		go a.bury(project, death)
	}
	return false
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// bury waits for the end of another project on the network: its file is removed,
// and the next question reads anew.
func (a *Abroad) bury(project string, death <-chan struct{}) {
	select {
	case <-a.ctx.Done():
		return
	case <-death:
	}
	a.Forget()
	lock, err := a.c.Registry.Lock(a.ctx)
	if err != nil {
		return
	}
	defer lock.Close()
	if !a.c.IsOn(a.network, project) { // else it is up again
		_ = a.c.Registry.Remove(a.network, project) // in vain: whoever comes next does it
	}
}
