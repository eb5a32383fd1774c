package egress

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/mocker-compose/mocker-compose/netstack/carry"
)

// World is what the relay needs of the stack that it belongs to.
type World struct {
	// InRouter runs f on a thread in the router namespace. f must not wait.
	InRouter func(f func() error) error
	// Kept returns the sockets that an earlier process left under these names. Those
	// that are missing are made, in the router namespace, and kept. nil without an
	// error says that one cannot be had; it is left out.
	Kept  func(open map[string]func() (*os.File, error)) (map[string]*os.File, error)
	Carry *carry.Set
	// Owner is the container that has the address, "" if none has. It waits for
	// nothing.
	Owner func(netip.Addr) string
	// HostAccess says what a container means by a gateway's address. It waits for
	// nothing.
	HostAccess func(from, to netip.Addr) Access
	// Report gets what the user should know although nothing failed.
	Report func(string)
}

// Ports are those of the relay's sockets on R's loopback; 0 = the kernel has not
// this family.
type Ports struct{ TCP4, TCP6, UDP4, UDP6 uint16 }

// Relay is the way out of one router namespace.
type Relay struct {
	world  World
	ports  Ports
	view   atomic.Pointer[view]
	writer *writer // nil: there are no packet sockets
	dials  *dials
	joined *joined
	flows  *carry.Flows[flow]
	echoes *echoes

	ctx    context.Context //nolint:containedctx // the relay's own life, ended by Close
	cancel context.CancelFunc
	wg     sync.WaitGroup

	taps taps
	said sync.Map // lines that were reported
}

// Link is a bridge, or another interface, in R from which packets come that may
// go out.
type Link struct {
	Bridge   string
	Gateways []netip.Prefix // R's own addresses on it, in their subnets
}

// view is the project's networks as the relay sees them at one moment.
type view struct {
	Policy
	links map[int]Link // by index
}

// gatewayOf is R's own address on a client's network, invalid if it has none.
func (v *view) gatewayOf(client netip.Addr) netip.Addr {
	for _, l := range v.links {
		for _, g := range l.Gateways {
			if g.Contains(client) {
				return g.Addr()
			}
		}
	}
	return netip.Addr{}
}

func (v *view) isGateway(a netip.Addr) bool { return slices.Contains(v.Gateways, a) }

// Open makes the relay's sockets, or goes on with those of an earlier process, and
// starts to serve. Nothing comes to it before the rules lead there.
func Open(w World) (*Relay, error) {
	r := &Relay{world: w, dials: newDials(), joined: newJoined()}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.flows, r.echoes = carry.NewFlows[flow](w.Carry, carry.FlowLimit(carry.FilesOut)), newEchoes()
	r.view.Store(&view{})
	if err := w.InRouter(r.openPackets); err != nil {
		r.withoutPackets(err)
	}
	if err := r.listen(); err != nil {
		r.Close()
		return nil, fmt.Errorf("the way out: %w", err)
	}
	for _, f := range r.taps {
		r.wg.Go(func() { readTap(f, r.packet) })
	}
	return r, nil
}

func (r *Relay) openPackets() (err error) {
	if r.taps, err = openTaps(); err != nil {
		return err
	}
	if r.writer, err = openWriter(); err != nil {
		r.taps.close()
		r.taps = nil
	}
	return err
}

func (r *Relay) withoutPackets(err error) {
	r.sayOnce(fmt.Sprintf("what refuses a connection to the outside is seen as a reset after it was accepted, and there is no ping to the outside: %v", err))
}

// Ports are those to which the rules must lead.
func (r *Relay) Ports() Ports { return r.ports }

// SetLinks says from which bridges packets come that may go out, and the ranges of
// all networks of the project. It tells whether the rules must hold the first
// packets: else nobody would see them.
func (r *Relay) SetLinks(links []Link, subnets []netip.Prefix) (hold bool, err error) {
	v := &view{links: map[int]Link{}, Policy: Policy{
		Subnets: slices.Clone(subnets), HostAccess: r.world.HostAccess, HostAddress: OwnAddress,
	}}
	err = r.world.InRouter(func() error {
		for _, l := range links {
			index, err := indexOf(l.Bridge)
			if err != nil {
				return err
			}
			v.links[index] = l
			for _, g := range l.Gateways {
				v.Gateways = append(v.Gateways, g.Addr())
			}
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	r.view.Store(v)
	return r.writer != nil, nil
}

// packet is for each packet of the packet sockets. They see what the rules then
// drop: what comes from a network without a way out, or under an address that is
// not of its network.
func (r *Relay) packet(index int, b []byte) {
	p, ok := parse(b)
	if l := r.view.Load().links[index]; !ok || !slices.ContainsFunc(l.Gateways, func(g netip.Prefix) bool { return g.Contains(p.from) }) {
		return
	}
	if p.protocol == protocolTCP {
		r.syn(p)
		return
	}
	r.echo(p)
}

// answer tells the sender of a packet how its attempt has failed.
func (r *Relay) answer(p packet, err error) {
	if r.writer == nil {
		return
	}
	what, why := answerTo(err)
	switch {
	case what == ignore:
	case what == refuse && p.protocol == protocolTCP:
		r.writer.send(p.from, p.reset())
	default:
		r.tell(p.from, p.to, why, p.quote())
	}
}

// tell sends an ICMP error. A closed port is the target's own word, the rest is
// the router's.
func (r *Relay) tell(client, target netip.Addr, why reason, quote []byte) {
	by := target
	if why != noPort {
		by = r.view.Load().gatewayOf(client)
	}
	if by.IsValid() {
		r.writer.send(client, unreachable(by, client, why, quote))
	}
}

// Forget ends all that is carried for a container that is no more.
func (r *Relay) Forget(container string) {
	owner := OwnerName(container)
	r.world.Carry.Break(owner)
	r.flows.Finish(func(_ flow, o string) bool { return o == owner })
	r.world.Carry.Forget(owner)
}

// Leave ends all that goes on from an address that a container has no more.
func (r *Relay) Leave(a netip.Addr) {
	r.joined.leave(a)
	r.flows.Finish(func(f flow, _ string) bool { return f.client.Addr() == a })
}

// OwnerName is the name by which a container's traffic to the outside is counted.
func OwnerName(container string) string { return container + "/out" }

// sayOnce reports a line, once.
func (r *Relay) sayOnce(line string) {
	if _, was := r.said.LoadOrStore(line, true); !was {
		r.world.Report(line)
	}
}

// Close ends all service and every connection; what is kept stays.
func (r *Relay) Close() {
	r.cancel()
	r.taps.silence()
	r.dials.close()
	r.joined.close()
	r.echoes.close()
	r.flows.Close()
	r.wg.Wait()
	go r.taps.close() // nobody needs to wait for the kernel
	if r.writer != nil {
		r.writer.close()
	}
}

// errNoOwner says that nobody of the project has the address.
var errNoOwner = errors.New("the sender is not of this project")

// target decides about a packet: for whom, and where to.
func (r *Relay) target(f flow) (owner string, to netip.AddrPort, err error) {
	if owner = r.world.Owner(f.client.Addr()); owner == "" {
		return "", to, errNoOwner // a made-up address: nobody would get the answer
	}
	to, err = r.view.Load().Target(f.client.Addr(), f.to)
	return OwnerName(owner), to, err
}

// isOf tells whether an address still belongs to whom target said.
func (r *Relay) isOf(owner string, a netip.Addr) bool {
	now := r.world.Owner(a)
	return now != "" && OwnerName(now) == owner
}

// Pending is the number of connections that are being made.
func (r *Relay) Pending() int { return r.dials.len() }

// Flows is the number of UDP flows.
func (r *Relay) Flows() int { return r.flows.Len() }
