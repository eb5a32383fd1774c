// Package netspec says in the terms of netstack what a compose file wants of the network:
// networks ([Network]), where a container stands and what it is called ([Sandbox]), its
// ports ([Ports]). It is pure.
//
// Besides, it keeps what the kernel has no place for. A bridge keeps its addresses and
// most settings; how the file calls the network, and from which of its addresses
// containers get theirs, is in a [Record], in a file that dies with the bridges.
package netspec
