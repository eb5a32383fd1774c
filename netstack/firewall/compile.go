package firewall

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Numbers that are in no package: linux/icmp.h, linux/icmpv6.h.
const (
	echoRequest4 = 8
	echoRequest6 = 128
)

var (
	loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	loopback6 = netip.IPv6Loopback()

	// unbound are the sources of those who have no address yet, or look for their
	// neighbours: they are answered on the link and get nowhere.
	unbound = []netip.Prefix{netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("::/128")}

	// Packets to these are neither relayed nor refused: neighbour discovery,
	// and what is meant for everybody on the link, where the bridge brings it.
	link = []netip.Prefix{
		netip.MustParsePrefix("224.0.0.0/4"), netip.MustParsePrefix("255.255.255.255/32"),
		netip.MustParsePrefix("ff00::/8"), netip.MustParsePrefix("fe80::/10"),
	}
)

// writer puts the rules of one table into a batch.
type writer struct {
	conn    *nftables.Conn
	table   *nftables.Table
	rules   Rules
	rejects bool // the kernel can refuse in prerouting (since Linux 5.9)
}

func (w *writer) chain(name string, base *nftables.Chain) *nftables.Chain {
	if base == nil {
		base = &nftables.Chain{}
	}
	base.Name, base.Table = name, w.table
	return w.conn.AddChain(base)
}

func (w *writer) rule(c *nftables.Chain, parts ...[]expr.Any) {
	var all []expr.Any
	for _, p := range parts {
		all = append(all, p...)
	}
	w.conn.AddRule(&nftables.Rule{Table: w.table, Chain: c, Exprs: all})
}

// write is the whole table. A chain must be there before a rule leads to it.
func (w *writer) write() {
	w.writeRefuse()
	w.writeRelay()
	w.writeOwn()
	w.writeForward()
	inside := w.chain("inside", nil)
	for _, n := range w.rules.Networks {
		for _, s := range n.Subnets {
			w.rule(inside, goingTo(s), leadTo("refuse"))
		}
	}
	for _, c := range w.rules.Closed {
		w.rule(inside, goingTo(c), leadTo("refuse"))
	}
	fresh := w.chain("new", nil)
	for _, p := range link {
		w.rule(fresh, goingTo(p), accept())
	}
	for i, n := range w.rules.Networks {
		name := fmt.Sprintf("from-%d", i)
		w.writeNetwork(name, n)
		w.rule(fresh, from(n.Bridge), leadTo(name))
	}
	if w.rules.Uplink != "" {
		w.rule(fresh, from(w.rules.Uplink), accept())
	}
	w.rule(fresh, leadTo("refuse"))
	w.writePre()
}

func (w *writer) writePre() {
	pre := w.chain("pre", &nftables.Chain{
		Type: nftables.ChainTypeFilter, Hooknum: nftables.ChainHookPrerouting, Priority: nftables.ChainPriorityMangle,
	})
	w.lead(pre, concat(from("lo"), marked(MarkInjected), protocol(unix.IPPROTO_TCP)), w.rules.TCP4, w.rules.TCP6)
	w.rule(pre, from("lo"), accept())
	for i, n := range w.rules.Networks {
		w.rule(pre, from(n.Bridge), jump(w.writeSource(i, n)))
	}
	w.rule(pre, opens(), leadTo("new"))
	w.rule(pre, awaited(1), setMark(MarkLocal), accept())
	w.rule(pre, awaited(0), accept()) // answers to connections from a gateway's address
	w.rule(pre, leadTo("new"))
}

// writeSource drops what comes from a network under an address that is not of it:
// else a container could act for one of another network, and have the answers sent
// into that. It returns the chain's name.
func (w *writer) writeSource(i int, n Network) string {
	name := fmt.Sprintf("source-%d", i)
	c := w.chain(name, nil)
	for _, p := range slices.Concat(n.Subnets, unbound) {
		w.rule(c, comingFrom(p), back())
	}
	w.rule(c, drop())
	return name
}

// lead leads what matches to the relay's sockets.
func (w *writer) lead(c *nftables.Chain, match []expr.Any, port4, port6 uint16) {
	for _, a := range []netip.AddrPort{netip.AddrPortFrom(loopback4, port4), netip.AddrPortFrom(loopback6, port6)} {
		if a.Port() != 0 {
			w.rule(c, match, relayTo(a), setMark(MarkLocal), accept())
		}
	}
}

// writeNetwork is for what comes from one network and no socket waits for. It has
// few rules of its own, since there may be many networks and one packet tells them
// all to the kernel.
func (w *writer) writeNetwork(name string, n Network) {
	c := w.chain(name, nil)
	own, other := "own-closed", "refuse"
	switch {
	case n.Internal:
	case w.rules.Uplink != "":
		other = "relay"
	case w.rules.relays():
		own, other = "own-relay", "relay" // a gateway may mean the host: the relay knows
	}
	for _, g := range n.Gateways {
		w.rule(c, goingTo(netip.PrefixFrom(g, g.BitLen())), leadTo(own))
	}
	for _, s := range n.Subnets {
		w.rule(c, goingTo(s), accept())
	}
	w.rule(c, jump("inside"))
	w.rule(c, leadTo(other))
}

// writeOwn is for the namespace's own addresses: names and ICMP it serves itself.
func (w *writer) writeOwn() {
	for _, rest := range []string{"closed", "relay"} {
		c := w.chain("own-"+rest, nil)
		w.rule(c, protocol(unix.IPPROTO_UDP), toPort(53), accept())
		w.rule(c, protocol(unix.IPPROTO_TCP), toPort(53), accept())
		w.rule(c, protocol(unix.IPPROTO_ICMP), accept())
		w.rule(c, protocol(unix.IPPROTO_ICMPV6), accept())
		w.rule(c, leadTo(rest))
	}
}

func (w *writer) writeRelay() {
	c := w.chain("relay", nil)
	switch {
	case w.rules.Uplink != "":
		w.rule(c, accept())
		return
	case w.rules.Hold:
		w.rule(c, opens(), drop())
		w.rule(c, icmpType(unix.IPPROTO_ICMP, echoRequest4), drop())
		w.rule(c, icmpType(unix.IPPROTO_ICMPV6, echoRequest6), drop())
	default:
		w.lead(c, opens(), w.rules.TCP4, w.rules.TCP6)
	}
	w.lead(c, protocol(unix.IPPROTO_UDP), w.rules.UDP4, w.rules.UDP6)
	w.rule(c, protocol(unix.IPPROTO_TCP), leadTo("closed"))
	w.rule(c, leadTo("refuse"))
}

// writeRefuse makes two ways to say no: as a router that forbids, and as a
// machine on whose port nobody listens.
func (w *writer) writeRefuse() {
	refuse, closed := w.chain("refuse", nil), w.chain("closed", nil)
	if w.rejects {
		w.rule(refuse, []expr.Any{&expr.Reject{Type: unix.NFT_REJECT_ICMPX_UNREACH, Code: unix.NFT_REJECT_ICMPX_ADMIN_PROHIBITED}})
		w.rule(closed, protocol(unix.IPPROTO_TCP), []expr.Any{&expr.Reject{Type: unix.NFT_REJECT_TCP_RST}})
		w.rule(closed, []expr.Any{&expr.Reject{Type: unix.NFT_REJECT_ICMPX_UNREACH, Code: unix.NFT_REJECT_ICMPX_PORT_UNREACH}})
	}
	w.rule(refuse, drop())
	w.rule(closed, drop())
}

// writeForward closes the way between networks, and opens that to an uplink.
func (w *writer) writeForward() {
	policy := nftables.ChainPolicyDrop
	forward := w.chain("forward", &nftables.Chain{
		Type: nftables.ChainTypeFilter, Hooknum: nftables.ChainHookForward, Priority: nftables.ChainPriorityFilter, Policy: &policy,
	})
	if w.rules.Uplink == "" {
		return
	}
	for _, n := range w.rules.Networks {
		if !n.Internal {
			w.rule(forward, from(n.Bridge), to(w.rules.Uplink), accept())
		}
	}
	const known = expr.CtStateBitESTABLISHED | expr.CtStateBitRELATED
	w.rule(forward, from(w.rules.Uplink), []expr.Any{
		&expr.Ct{Key: expr.CtKeySTATE, Register: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 4, Mask: native32(known), Xor: native32(0)},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: native32(0)},
	}, accept())
	post := w.chain("post", &nftables.Chain{
		Type: nftables.ChainTypeNAT, Hooknum: nftables.ChainHookPostrouting, Priority: nftables.ChainPriorityNATSource,
	})
	w.rule(post, to(w.rules.Uplink), []expr.Any{&expr.Masq{}})
}

func concat(parts ...[]expr.Any) (all []expr.Any) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}
