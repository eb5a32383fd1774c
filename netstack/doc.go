// Package netstack is the network of a project: bridges, net namespaces with
// addresses and names, published ports and a way out, for a plain user and without
// any helper program.
//
//	host's net namespace            | router namespace R      | a container's namespace
//	--------------------------------+-------------------------+------------------------
//	published port (listener)       |                         |
//	   accept -- goroutine -- splice -- connect (made in R) --+--> service
//	   connect <- goroutine - splice -- accept (made in R) <--+--- to the outside
//	/etc/resolv.conf                |   bridge mcbXXXX .1     |
//	   forwarded question <- goroutine <----------------------+--- 127.0.0.11:53
//	                                |      +-- mcvXXXX ~ veth ~+--- eth0 .2
//
// # Model
//
// A [Stack] runs in the supervisor: in the user's own user namespace, where it
// has all capabilities, but in the host's net namespace. A socket belongs to the
// net namespace in which it was made, whoever uses it afterwards. So one locked
// thread (worker.go) lives in R and visits containers to make namespaces,
// sockets and settings there, and ordinary goroutines, which are at home on the
// host, do all the rest. No connection passes a descriptor to anybody, and long
// streams are spliced, not copied.
//
//   - A network is a bridge in R. Its name follows from the network's name,
//     which is the interface's alias; its addresses are the gateways, IPv4 or IPv6
//     or both; what else must be known is in its group number. So R itself is the
//     record. Only from which range addresses are chosen is told anew by the
//     owner of the Stack (EnsureNetwork, AdoptNetwork).
//   - A [Sandbox] is a net namespace with one veth pair for each endpoint. Its
//     endpoints may change while programs run in it (change.go).
//   - A network that other projects share is a bridge in a namespace X of its own,
//     in which R has one leg (shared.go).
//   - Names are answered on 127.0.0.11:53 inside each container (package dns).
//   - A published port is a socket on the host, whose connections and datagrams
//     are carried to a second one, made in R (packages ports and carry).
//   - The way out is the relay (package egress) or a tap with a helper (package
//     uplink), as the rules of R say (package firewall).
//
// # Invariants
//
//   - Isolation is the absence of a way: R does not forward (ip_forward=0), and
//     neither does any container. No rule has to be right for that.
//   - A way out by a tap is an exception to that (package uplink): R forwards then,
//     and its rules, in force before, let nothing pass but what goes to the tap.
//   - The host's loopback cannot be reached: no packet leads from R to the host, and
//     the relay (package egress) dials no such address, unless a service was given
//     exactly that (HostLoopback).
//   - No goroutine ever runs on the worker's thread but the worker: a stranded
//     thread would make sockets in the wrong namespace. Therefore never
//     netlink.NewHandleAt and never netns.Set, which drop errors on the way back.
//   - What must survive this process is kept in the project holder (a [Keeper])
//     before it is used; an interface needs no keeping, its namespace does. A
//     new Stack in a new process adopts it without any change in the kernel.
//   - A duplicate of a socket shares its mode with the original. So a socket is
//     kept first and given to Go's poller second, which sets it to non-blocking.
//   - When the project holder ends, the kernel removes everything here.
//
// # Cost
//
// Nearly all of a container's network is the kernel's work under its one network
// lock: the namespace and the veth pair take a third of the time each. Around
// them nothing is spent twice: one visit of one thread to the new namespace
// (birth.go), one packet for all that is said to it, settings by netlink where
// it knows them, no socket in Go's poller that nobody waits for, one message to
// the keeper. Two threads would only wait for each other, at full speed.
//
// # Limits
//
// Connections of published ports end with the supervisor; their listeners do
// not: new connections wait in the kernel's queue until the next one accepts.
// So do connections to the outside.
package netstack
