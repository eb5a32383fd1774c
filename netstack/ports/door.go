package ports

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/undo"
)

// door is a port of the host, with its sockets and those who are behind it.
type door struct {
	Published
	t       *Table
	owner   string          // of a port that is one container's alone
	ctx     context.Context //nolint:containedctx // the door's own life, ended by shut
	cancel  context.CancelFunc
	sockets []*os.File // served, one for each address

	mu      sync.Mutex
	state   state
	members []*member       // never changed in place
	absent  map[string]bool // containers that will be back
	turn    int             // whose turn it is
	watched bool            // a goroutine waits for somebody to listen
	settled chan struct{}   // closed when holding is over
	since   time.Time       // nobody was let in
	expiry  *time.Timer     // of holding, or of a closed door without members

	hint chan struct{} // somebody may have begun to listen
}

// state of a TCP door; that of UDP is always open.
type state int

const (
	closed  state = iota // clients are refused: nobody listens behind it
	open                 // clients are let through
	holding              // clients are accepted and wait: a container is being restarted
)

// member is a Member behind one door.
type member struct {
	Member
	sick bool
}

// newDoor keeps the sockets. On failure nothing is left.
func (t *Table) newDoor(owner string, spec Spec, files []*os.File) (_ *door, err error) {
	var u undo.Stack
	defer u.Run() //nolint:errcheck // the first error is the one that matters
	d := &door{Published: Published{Spec: spec}, t: t, owner: owner,
		absent: map[string]bool{}, hint: make(chan struct{}, 1)}
	keep := map[string]*os.File{}
	for _, f := range files {
		at, err := localAddr(f)
		if err != nil {
			return nil, err
		}
		d.Bound = at.Port()
		d.Addresses = append(d.Addresses, at.Addr())
		keep[fileName(owner, spec, at)] = f
	}
	match := func(name string) bool { return keep[name] != nil }
	u.Add("kept sockets", func() error { return t.w.Files.Drop(match) })
	if err := t.w.Files.Keep(keep); err != nil {
		return nil, err
	}
	d.ctx, d.cancel = context.WithCancel(t.ctx)
	u.Add("door", func() error { d.shut(); return nil })
	for _, f := range files {
		s, err := served(f)
		if err != nil {
			return nil, err
		}
		d.sockets = append(d.sockets, s)
	}
	u.Release()
	return d, nil
}

// serve begins to take what comes.
func (d *door) serve() {
	for _, s := range d.sockets {
		if d.protocol() == UDP {
			d.t.wg.Go(func() { d.receive(s) })
		} else {
			d.t.wg.Go(func() { d.accept(s) })
		}
	}
}

func (d *door) who() string {
	if d.shared() {
		return "service " + d.Service
	}
	return "container " + d.owner
}

// joined adds a container, unless it has another of its ports behind the door.
func (d *door) joined(m Member, spec Spec) (Published, error) {
	d.mu.Lock()
	twice := slices.ContainsFunc(d.members, func(o *member) bool { return o.ID == m.ID && o.Port != m.Port })
	d.mu.Unlock()
	if twice {
		at := netip.AddrPortFrom(d.Addresses[0], d.Bound)
		return Published{}, &ConflictError{Protocol: d.protocol(), Addr: at, Own: "container " + m.ID, Err: unix.EADDRINUSE}
	}
	d.join(m)
	return Published{Spec: spec, Bound: d.Bound, Addresses: d.Addresses}, nil
}

// join adds a container, or what has become of it.
func (d *door) join(m Member) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.absent, m.ID)
	m.blind, m.left = new(atomic.Bool), new(atomic.Bool)
	d.members = append(d.without(m.ID), &member{Member: m})
	switch {
	case d.state == open:
	case d.protocol() == UDP:
		d.enter(open)
	default:
		d.watch()
	}
}

// leave takes a container away; again says that it will be back. It tells
// whether nobody is left: then the door is to be closed.
func (d *door) leave(id string, again bool) (empty bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	rest := d.without(id)
	if len(rest) == len(d.members) && !d.absent[id] {
		return false // never was here
	}
	for _, m := range d.members {
		if m.ID == id {
			m.left.Store(true)
		}
	}
	d.members = rest
	delete(d.absent, id)
	if again {
		d.absent[id] = true
	}
	if len(d.members) == 0 && len(d.absent) > 0 {
		d.hold(holdFor)
	}
	return len(d.members) == 0 && len(d.absent) == 0
}

// awaits tells whether a container will be back.
func (d *door) awaits(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.absent[id]
}

// empty tells whether no container is there.
func (d *door) empty() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.members) == 0
}

// without is a copy of the members without one.
func (d *door) without(id string) []*member {
	return slices.DeleteFunc(slices.Clone(d.members), func(m *member) bool { return m.ID == id })
}

// renew takes over new addresses of a container, and tells whether it is behind
// the door and they are new.
func (d *door) renew(m Member) (moved bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, o := range d.members {
		if o.ID != m.ID {
			continue
		}
		moved = o.IPv4 != m.IPv4 || o.IPv6 != m.IPv6
		m.blind, m.left, m.Port = new(atomic.Bool), o.left, o.Port
		d.members = slices.Clone(d.members)
		d.members[i] = &member{Member: m, sick: o.sick}
	}
	return moved
}

// healthy notes the verdict of a container's health check.
func (d *door) healthy(id string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.members {
		if m.ID == id {
			m.sick = !ok
			select {
			case d.hint <- struct{}{}: // whoever has heard of its health may connect now
			default:
			}
		}
	}
}

// candidates are those to be tried, in order: healthy ones first, and each time
// another one of them.
func (d *door) candidates() []Member {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.members)
	if n == 0 {
		return nil
	}
	d.turn++
	list := make([]Member, 0, n)
	for _, sick := range []bool{false, true} {
		for i := range n {
			if m := d.members[(d.turn+i)%n]; m.sick == sick {
				list = append(list, m.Member)
			}
		}
	}
	return list
}

// shut ends accepting. Connections that were accepted go on.
func (d *door) shut() {
	d.cancel()
	d.mu.Lock()
	if d.expiry != nil {
		d.expiry.Stop()
	}
	d.mu.Unlock()
	for _, s := range d.sockets {
		s.Close()
	}
}

// close shuts the door and frees the port.
func (d *door) close() error {
	d.shut()
	names := d.names()
	return d.t.w.Files.Drop(func(name string) bool { return slices.Contains(names, name) })
}

// names are those under which its sockets are kept.
func (d *door) names() []string {
	names := make([]string, 0, len(d.Addresses))
	for _, a := range d.Addresses {
		names = append(names, fileName(d.owner, d.Spec, netip.AddrPortFrom(a, d.Bound)))
	}
	return names
}

// prefix begins the names under which the sockets of a port are kept.
func prefix(owner string, spec Spec) string {
	if spec.shared() {
		return fmt.Sprintf("port/=%s/%s/%d/", spec.Service, spec.protocol(), spec.HostPort)
	}
	return "port/" + owner + "/" + spec.protocol() + "/"
}

func fileName(owner string, spec Spec, at netip.AddrPort) string {
	return prefix(owner, spec) + at.Addr().Unmap().WithZone("").String() + "/" + strconv.Itoa(int(at.Port()))
}
