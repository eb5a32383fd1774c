// Package worldtest plays the outside world in tests: what answers on the
// addresses of an internet that the test made of net namespaces.
//
// [Serve] runs in such a namespace and answers, on each of the addresses given:
//
//	tcp 7     says "peer ADDRESS at NAME", then echoes until the end of the input
//	udp 7     answers each packet with "peer ADDRESS at NAME: " and the packet
//	udp+tcp 53  names: see dns.go
//	tcp 80    HTTP: /peer the client's address, /queries the names asked for, /bytes/N
//	tcp 2001  accepts and resets
//	tcp 2002  accepts and never reads
//	tcp 2003  says one byte each 50 ms, for ever
//	tcp 1, udp 1  nobody listens
//
// The address that a client is seen with, and the NAME of who answers, tell a
// test which way its packets went. Nothing here knows what is being tested.
package worldtest
