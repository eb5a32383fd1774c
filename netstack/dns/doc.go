// Package dns answers the name questions of services and passes on the others.
//
// Three parts, each usable without the next:
//
//	Zone       who is called what on which network, and who is up
//	Answer     pure: a question in bytes, an answer in bytes or "not mine"
//	Server     sockets; Upstream: the resolvers outside
//
// Who asks is known by the socket, not by what the packet says: every service
// has a socket of its own in its own net namespace (127.0.0.11:53). An answer
// holds only what stands on a network that the asker stands on too.
//
//	question about                         answer
//	a name, name.network, up               A, AAAA: all its addresses on shared networks, shuffled
//	the same, of a type it has none of     no error, no record: the name exists (RFC 2308, 2.2)
//	a name whose bearers are all down      NXDOMAIN
//	one label, known on other networks     NXDOMAIN: what it hides is nobody's business
//	an address on a shared network         PTR: container.network, or NXDOMAIN
//	localhost                              loopback (RFC 6761, 6.3)
//	all else                               the host's resolvers, byte for byte
//
// "On the asker's networks" includes what [Others] know of networks that projects
// share. A host may have names of its own besides (Links, Hosts).
//
// A service that stands on internal networks only gets NXDOMAIN for all else:
// to pass the question on would be a way out (through the names themselves).
// One with name servers of its own (compose's dns) has these asked instead, by
// sockets in its own namespace: it reaches no server that it could not reach
// itself, so that it stands on internal networks needs no rule here.
//
// Upstream follows the host's resolv.conf(5) by a look at it before each
// question. A server that was silent is asked last for a while. The questions
// under way are bounded, in all and for each asker.
//
// Limits: no zone transfers, no DNSSEC of our own, no cache (the host's
// resolver has one), one question a message (RFC 9619). Own records live
// [TTL] seconds, because addresses change with every recreation.
package dns
