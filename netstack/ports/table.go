package ports

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/mocker-compose/mocker-compose/netstack/carry"
)

// ErrNotKept says that a port of an earlier process was lost.
var ErrNotKept = errors.New("its listening sockets were not kept")

// Files is a store that outlives this process, by name.
type Files interface {
	Keep(files map[string]*os.File) error
	// Claim hands over what an earlier process left, or nil. It stays kept.
	Claim(name string) *os.File
	// Drop closes what matches.
	Drop(match func(name string) bool) error
}

// World is what a table needs of the network that it is part of.
type World struct {
	Files Files
	// In runs f on a thread inside ns.
	In     func(ns *os.File, f func() error) error
	Router *os.File // the router namespace
	Set    *carry.Set
	Report func(string) // what the user should know although nothing failed
	// ProjectOf names the project that a process belongs to, "" = none.
	ProjectOf func(pid int) string
	// Returns tells whether packets to an address of the outside come back to a
	// socket of R: whether the rules for it are in force.
	Returns func(netip.Addr) bool
}

// Table holds the published ports of one project.
type Table struct {
	w       World
	streams *pool
	packets *pool
	flows   *carry.Flows[flowKey]

	ctx    context.Context //nolint:containedctx // the table's own life, ended by Close
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu    sync.Mutex
	doors []*door
}

// New returns an empty table.
func New(w World) *Table {
	t := &Table{w: w, flows: carry.NewFlows[flowKey](w.Set, carry.FlowLimit(carry.FilesIn))}
	t.streams, t.packets = newPool(w, TCP), newPool(w, UDP)
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// Publish binds a port of the host and carries what comes there to the container
// from now on, or lets the container take turns at the port that others of its
// service have. A port that is in use gives a [*ConflictError]. The same port
// again is no error.
func (t *Table) Publish(m Member, spec Spec) (Published, error) {
	p, err := t.publish(m, spec)
	if err != nil {
		return Published{}, portError(spec, err)
	}
	return p, nil
}

func (t *Table) publish(m Member, spec Spec) (Published, error) {
	addrs, err := spec.addresses()
	if err != nil {
		return Published{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	m.Port = spec.Target
	number := spec.Number
	spec.Number = 0
	if d := t.find(m.ID, spec); d != nil {
		return d.joined(m, spec)
	}
	if err := t.evict(spec); err != nil {
		return Published{}, err
	}
	// Those of an earlier process that nobody has adopted would be in our way.
	served := t.kept()
	stray := func(name string) bool { return strings.HasPrefix(name, prefix(m.ID, spec)) && !served[name] }
	if err := t.w.Files.Drop(stray); err != nil {
		return Published{}, err
	}
	files, err := t.bindSpec(addrs, spec, number)
	if err != nil {
		return Published{}, err
	}
	defer closeAll(files)
	d, err := t.open(m, spec, files)
	if err != nil {
		return Published{}, err
	}
	return d.Published, nil
}

// Adopt goes on with a port that an earlier process bound. [ErrNotKept] means
// that it was lost; [Table.Publish] may get it back.
func (t *Table) Adopt(m Member, was Published) (Published, error) {
	p, err := t.adopt(m, was)
	if err != nil {
		return Published{}, portError(was.Spec, err)
	}
	return p, nil
}

func (t *Table) adopt(m Member, was Published) (Published, error) {
	addrs, err := was.addresses()
	if err != nil {
		return Published{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	m.Port = was.Target
	if d := t.find(m.ID, was.Spec); d != nil {
		return d.joined(m, was.Spec)
	}
	var files []*os.File
	for _, a := range addrs {
		if f := t.w.Files.Claim(fileName(m.ID, was.Spec, netip.AddrPortFrom(a, was.Bound))); f != nil {
			files = append(files, f)
		}
	}
	defer closeAll(files)
	if len(files) == 0 {
		return Published{}, ErrNotKept
	}
	d, err := t.open(m, was.Spec, files)
	if err != nil {
		return Published{}, err
	}
	return d.Published, nil
}

// kept are the names of what is kept of the doors that are served. t.mu is held.
func (t *Table) kept() map[string]bool {
	names := map[string]bool{}
	for _, d := range t.doors {
		for _, name := range d.names() {
			names[name] = true
		}
	}
	return names
}

// find looks for the door that a container has, or may join. t.mu is held.
func (t *Table) find(id string, spec Spec) *door {
	i := slices.IndexFunc(t.doors, func(d *door) bool {
		return d.Spec.sameDoor(spec) && (spec.shared() || d.owner == id)
	})
	if i < 0 {
		return nil
	}
	return t.doors[i]
}

// open makes a door of bound sockets. t.mu is held. On failure nothing is left.
func (t *Table) open(m Member, spec Spec, files []*os.File) (*door, error) {
	d, err := t.newDoor(m.ID, spec, files)
	if err != nil {
		return nil, err
	}
	t.doors = append(t.doors, d)
	d.begin()
	d.join(m)
	d.serve()
	return d, nil
}

// Leave takes a container away from all its ports. Ports at which nobody is left
// are freed; with again, which says that it will be back, clients wait for it for
// a short while before. Its connections may deliver what it has sent, for a short while. Unknown
// ids are no error.
func (t *Table) Leave(id string, again bool) error {
	return t.leave(id, func(*door) bool { return again })
}

func (t *Table) leave(id string, again func(d *door) bool) error {
	t.mu.Lock()
	closed := t.part(func(d *door) bool { return d.leave(id, again(d)) })
	open := slices.ContainsFunc(t.doors, func(d *door) bool { return d.owner == id && !d.shared() })
	t.mu.Unlock()
	t.w.Set.Finish(id)
	t.flows.Finish(func(_ flowKey, owner string) bool { return owner == id })
	err := closeDoors(closed)
	if open {
		return err // held ones are kept
	}
	return errors.Join(err, t.w.Files.Drop(func(name string) bool { return strings.HasPrefix(name, "port/"+id+"/") }))
}

// Renew makes the ports of a container follow its addresses.
func (t *Table) Renew(m Member) {
	t.mu.Lock()
	moved := false
	for _, d := range t.doors {
		moved = d.renew(m) || moved
	}
	t.mu.Unlock()
	if moved {
		t.flows.Finish(func(_ flowKey, owner string) bool { return owner == m.ID })
	}
}

// Healthy tells whether a container's health check succeeds: those whose does
// come first.
func (t *Table) Healthy(id string, healthy bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range t.doors {
		d.healthy(id, healthy)
	}
}

// Gone is Leave for a container that is removed. Clients at a port that its service
// shares go on to wait, if they do: another container of its name takes its place.
func (t *Table) Gone(id string) error {
	return t.leave(id, func(d *door) bool { return d.shared() && d.awaits(id) })
}

// Settled says that a container has published all that it wants: whatever else was
// waiting for it does so no more.
func (t *Table) Settled(id string) error {
	t.mu.Lock()
	closed := t.part(func(d *door) bool { return d.awaits(id) && d.leave(id, false) })
	t.mu.Unlock()
	return closeDoors(closed)
}

// evict frees the ports at which nobody is, but somebody was expected, for a
// container that wants one of them. t.mu is held.
func (t *Table) evict(spec Spec) error {
	return closeDoors(t.part(func(d *door) bool {
		return d.protocol() == spec.protocol() && d.Bound == spec.HostPort && d.empty()
	}))
}

// part takes the doors out of the table that match. t.mu is held.
func (t *Table) part(match func(d *door) bool) (out []*door) {
	t.doors = slices.DeleteFunc(t.doors, func(d *door) bool {
		if match(d) {
			out = append(out, d)
			return true
		}
		return false
	})
	return out
}

func closeDoors(list []*door) error {
	var errs []error
	for _, d := range list {
		errs = append(errs, d.close())
	}
	return errors.Join(errs...)
}

// expire frees a port whose containers have not come back.
func (t *Table) expire(d *door) {
	t.mu.Lock()
	gone := d.expired()
	if gone {
		t.doors = slices.DeleteFunc(t.doors, func(o *door) bool { return o == d })
	}
	t.mu.Unlock()
	if !gone {
		return
	}
	if err := d.close(); err != nil {
		t.w.Report(portError(d.Spec, err).Error())
	}
}

// holderOf is the container, or the service, that has a port. t.mu is held.
func (t *Table) holderOf(proto string, at netip.AddrPort) string {
	for _, d := range t.doors {
		if d.protocol() == proto && d.Bound == at.Port() {
			return d.who()
		}
	}
	return ""
}

// Close ends all service and waits for it. What is kept stays.
func (t *Table) Close() {
	t.cancel()
	t.mu.Lock()
	for _, d := range t.doors {
		d.shut()
	}
	t.doors = nil
	t.mu.Unlock()
	t.wg.Wait()
	t.flows.Close()
	t.streams.close()
	t.packets.close()
}

func portError(spec Spec, err error) error {
	return fmt.Errorf("publish port %s: %w", spec, err)
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
