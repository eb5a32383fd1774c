// Package ports publishes ports of the host: what comes to them is carried to the
// containers of a project, TCP and UDP, for a plain user.
//
// # Model
//
// A door is a port of the host on one or more addresses, with the containers that
// are behind it. A fixed port is the service's: its containers take turns at it,
// healthy ones first, each by a port of its own, because up replaces them one by one. A port of a range, or one that the kernel chose, is one
// container's. A conversation of UDP stays with the container that it began with.
//
// A TCP door is in one of three states:
//
//	closed    nobody listens behind it: the sockets are bound, do not listen, and the
//	          kernel refuses clients, as it would without a port in between
//	open      clients are carried
//	holding   its last container is being restarted: clients are accepted, and wait
//
//	closed ── somebody listens ──→ open
//	open ── all refused a client, or the last one left and will be back ──→ holding
//	holding ── somebody listens ──→ open
//	holding ── 300 ms without such news, 10 s with ──→ closed, or gone if nobody has come
//
// The kernel has no event for listen(2), so a closed door with containers looks: at
// their kernel's list of sockets (sock_diag(7)), at first every millisecond, later
// every hundredth second, after a minute every tenth; and once a second by a
// connection, because a container may pass the port on by rules of its own.
//
// # The client's address
//
// The connection to the container is made in the router namespace R, bound to the
// client's own address and port (IP_TRANSPARENT), so that this is what the service
// sees. Its answers come to R by its default route, where rules of R give them to
// that socket. Where this cannot be, the service sees the address of its gateway:
//
//   - the client is on the host's loopback, or has a link-local address;
//   - it and the container have no address family in common;
//   - the container has no default route by R, as on internal networks;
//   - the rules are missing, because the kernel has no nftables;
//   - the address is one of the project's own networks, or a connection from the same
//     port exists already;
//   - the container's answer did not come, because it has a route of its own.
//
// # Invariants
//
//   - A socket is kept before it is used (Files), so the port outlives this process:
//     connections and datagrams wait in it for the next one, which adopts it.
//   - A bound port is nobody else's, also while it does not listen (refuse).
//   - Sockets of R are made by the dozen (pool): no connection waits for the one
//     thread that may go there.
//   - No lock is held while anything waits for a client or a container.
//
// # Limits
//
// Between accept(2) and the container's refusal lies a moment: a client that comes
// just when a service ends its listening is reset, not refused. ICMP errors of a
// container do not reach a client of UDP. What TCP and UDP cost, and how many there
// may be, is said in package carry.
package ports
