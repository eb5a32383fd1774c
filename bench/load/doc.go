// Package load makes the traffic of the network measurements: a server, and an
// agent that is a client on demand. Both are this one program wherever they run
// (on the host, in a container, in a namespace of a peer), so that all sides of a
// comparison do the same work.
//
// The first byte of a TCP connection says what the server does:
//
//	verb     client                                server
//	bulk     writes until its time is over, ends   reads to the end, answers the sum
//	ping     writes 64 bytes, reads 64, again      writes back what it reads
//	request  GET / of HTTP, again and again         HTTP, 200 and a short text
//	connect  connects, reads one byte, closes      writes one byte
//	hold     reads one byte, keeps the connection  writes one byte, keeps it
//
// For udp and flows (many sockets that stay) the server sends each datagram back; for dns it is not the server that
// is asked but the resolver at the address. The agent reads one [Order] per line
// from its standard input and writes one [Result] per line.
package load

import "time"

// Order is what an agent is to do.
type Order struct {
	Verb  string        `json:"verb"`
	Addr  string        `json:"addr"`            // host:port
	For   time.Duration `json:"for,omitempty"`   // how long
	Count int           `json:"count,omitempty"` // of connections (hold), of questions under way (dns)
	Name  string        `json:"name,omitempty"`  // asked for (dns)
}

// Result is what came of it.
type Result struct {
	Bytes int64         `json:"bytes,omitempty"` // that arrived (bulk)
	Lost  int64         `json:"lost,omitempty"`  // that did not (bulk)
	Count int           `json:"count,omitempty"` // of round trips, connections, answers
	Took  time.Duration `json:"took,omitempty"`
	P50   time.Duration `json:"p50,omitempty"` // of one of them
	P99   time.Duration `json:"p99,omitempty"`
	Error string        `json:"error,omitempty"`
}

// PerSecond is the number of bytes, or of round trips, per second.
func (r Result) PerSecond() float64 {
	n := float64(r.Count)
	if r.Bytes > 0 {
		n = float64(r.Bytes)
	}
	return n / r.Took.Seconds()
}
