// Package firewall is the rules of a router namespace: which packet of a service
// goes where.
//
// They are one nft table, written whole in one netlink batch, so that at no
// moment half of them is in force, and so that a new supervisor needs to know
// nothing of what its predecessor wrote.
//
// # Model
//
// A packet that a service sends to another address than a neighbour's comes up
// from its bridge and passes the chain "pre" (prerouting, mangle priority):
//
//	its source is not of this bridge's network          -> nowhere
//	a socket of ours is waiting for it (IP_TRANSPARENT) -> to that socket
//	another socket is                                   -> the namespace itself
//	the gateway, port 53 or ICMP                        -> the namespace itself
//	the subnet of this bridge                           -> nowhere (not forwarded)
//	the subnet of another network                       -> refused
//	a network that is internal                          -> refused
//	anything else                                       -> the relay
//
// The relay (package egress) is one TCP and one UDP socket for each address
// family on the loopback of the namespace, to which tproxy leads a packet without
// changing it (Documentation/networking/tproxy.rst). The mark that goes with it
// selects a routing table in which every address is local.
//
// With [Rules.Hold] the first packet of a connection (SYN) and ICMP echo requests
// are dropped here: the relay has its own copy of them, by a packet socket. A SYN
// that it puts back arrives by the loopback interface with [MarkInjected].
//
// # Invariants
//
//   - Nothing is forwarded between networks, whatever ip_forward says: the chain
//     "forward" drops all but what goes to another uplink.
//   - An interface that no rule names is closed.
//   - A SYN is never given to a socket by the first rule: an old connection with
//     the same addresses may be in TIME_WAIT, and tproxy alone then finds the
//     listener again.
package firewall
