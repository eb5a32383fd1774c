// Package carry moves bytes between sockets: TCP connections in pairs, and UDP
// datagrams in flows. It knows no namespace and no address; who made the sockets
// decided where they belong.
//
// # TCP
//
// [Set.Pair] carries two connected sockets until both directions have ended. A
// direction waits in Go's poller with nothing but its goroutine. When bytes have
// come, the first are read into a buffer of a pool and written: for a short
// message that is cheaper than splice(2), by a system call. A read that fills the
// buffer says that there is more, and from then on splice(2) moves pages through a
// pipe of a pool and never through our memory, until the socket is empty. So an
// idle connection holds two descriptors and neither buffer nor pipe. Without a free
// pipe bytes are copied: the number of pipes is bounded, their lack is not an error.
//
//   - An end (FIN) is passed on as such when all before it has been written. The
//     other direction goes on.
//   - A reset is passed on as a reset (SO_LINGER 0), also when it comes after an end.
//   - Urgent data (RFC 6093) stay in their place in the stream (SO_OOBINLINE), and
//     the byte is sent as urgent again if it is the next to be read when we look. The
//     kernel keeps one mark: of several that arrive before they are read only the last
//     is urgent again, the bytes of the others are ordinary ones. SIGURG may come late,
//     behind the bytes before it, because the mark travels with them.
//
// # UDP
//
// A [Flow] is a conversation between two addresses with a socket of its own. [Flows]
// bounds their number: the one that was quiet for longest makes room. A flow ends
// when it was quiet for [FlowSilence], or [FlowUnanswered] if no answer ever came,
// which is what the kernel's connection tracking does. Datagrams are dropped, never
// queued, where a socket is full.
//
// # Bounds
//
// [NewSet] takes the number of connections from RLIMIT_NOFILE, which the Go runtime
// raises to the hard limit for this process and gives back to those it starts.
// Whoever accepts takes a slot first ([Set.Acquire]); until one is free new
// connections wait in the kernel's queue. What an owner has moved is counted, and is
// lost with the process.
package carry
