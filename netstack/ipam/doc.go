// Package ipam chooses subnets for networks and addresses for endpoints, of IPv4
// and IPv6. It is pure: it knows what it is told, touches no kernel and draws no
// lots.
//
// Subnets: [Choose] takes /24 blocks of a few private pools, [Choose6] unique
// local /64 ones. What is tried first follows from the network's name, so that
// the same project gets the same addresses on every machine and after every
// `down`; what overlaps with what the host routes, or with another network, is
// passed over.
//
// Addresses ([Space]) are handed out upwards, each once, and only after the
// last one again from the bottom. So an address that was given back rests for
// as long as possible: neighbours' caches and the kernel's slow removal of
// the old namespace must not meet its next owner. Addresses outside of the
// range, or reserved, are only given to who asks for them by number.
//
// Limits: a Space remembers one entry per address in use, not per address, so a
// /8 costs nothing; its search for a free address is linear in the number in
// use. Of an IPv6 range it uses the first 2^63 addresses.
package ipam
