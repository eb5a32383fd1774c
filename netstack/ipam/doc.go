// Package ipam chooses subnets for networks and addresses for endpoints. It is
// pure: it knows what it is told, touches no kernel and draws no lots.
//
// Subnets ([Choose]) are /24 blocks of a few private pools. The block that is
// tried first follows from the network's name, so that the same project gets
// the same addresses on every machine and after every `down`; blocks that
// overlap with what the host routes, or with another network, are passed over.
//
// Addresses ([Space]) are handed out upwards, each once, and only after the
// last one again from the bottom. So an address that was given back rests for
// as long as possible: neighbours' ARP caches and the kernel's slow removal of
// the old namespace must not meet its next owner.
//
// Limits: IPv4 only. A Space remembers one entry per address in use, not per
// address, so a /8 costs nothing; its search for a free address is linear in
// the number in use.
package ipam
