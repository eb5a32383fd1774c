// Package egress is the relay: the way of the services' packets out of the router
// namespace R, by sockets of the host's own.
//
//	container ── bridge ── R                                    host
//	  SYN  ──────────────▶ held; a copy to the packet socket ──▶ connect(2)
//	                       put back on R's loopback ◀─────────── connected
//	       ◀── SYN-ACK ─── tproxy: listener, accept(2) ◀───────▶ carried by splice(2)
//	  RST or ICMP ◀─────── written to the bridge ◀────────────── refused, unreachable
//	  UDP  ──────────────▶ tproxy: a flow ◀────────────────────▶ connected socket
//	  echo ──────────────▶ packet socket ──────────────────────▶ ping socket
//
// Nobody translates packets: R's kernel ends the service's connection, the host's
// kernel begins another. So whatever the host has, VPNs, policy routes, a resolver
// on its loopback, a network that comes up late, works inside.
//
// # A refusal is a refusal
//
// A proxy that accepts and then dials tells its client that it is connected before
// it knows. Here the first packet of a connection waits: the rules (package
// firewall) drop it, a packet socket on the bridge has a copy, and only when the
// host has connected is it put back to where tproxy takes it. Refusals come back as
// RST, unreachable destinations as ICMP, and silence is silence. The client's
// kernel repeats its SYN meanwhile, which we recognise. Where the kernel gives us no
// packet socket, connections are accepted first and reset if the dial fails.
//
// # Closed
//
// [Policy.Target] says what may be dialled. The host's loopback is never reached,
// in any spelling of its address, unless a service was given exactly that.
//
// # Bounds
//
// Dials under way, flows and pings have a number that one container, and one that
// all together may have; what is over it is dropped, as by a network that is full.
// Connections take a slot of the stack's [carry.Set].
//
// # When this process is replaced
//
// The listeners and the UDP sockets are kept in the project holder; packet sockets
// are made anew. A SYN that comes in between is repeated by its sender a second
// later. Connections end with the process, as those of published ports do.
package egress
