//go:build gvisor

package gvisor

import (
	"context"
	"io"
	"net"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	// dialLimit is shorter than a client's patience for its own connect.
	dialLimit = 30 * time.Second
	// udpIdle ends a flow (RFC 4787, 4.3, allows no less than 2 minutes for what
	// is not a request and its answer).
	udpIdle = 2 * time.Minute
	maxUDP  = 65535
	// mostFlows bounds the memory: a flow has two buffers of that size.
	mostFlows = 1024
)

// flows has a place for each flow of datagrams. What finds none is dropped, as by a
// network that is full.
var flows = make(chan struct{}, mostFlows)

// connect answers a SYN only when the host has connected, so that the service
// sees what the host sees; any failure is seen as refused.
func connect(ctx context.Context, r *tcp.ForwarderRequest) {
	to, ok := target(r.ID())
	if !ok {
		r.Complete(true)
		return
	}
	d := net.Dialer{Timeout: dialLimit}
	c, err := d.DialContext(ctx, "tcp", to.String())
	if err != nil {
		r.Complete(true)
		return
	}
	var wq waiter.Queue
	ep, failed := r.CreateEndpoint(&wq)
	r.Complete(failed != nil)
	if failed != nil {
		c.Close()
		return
	}
	ep.SocketOptions().SetKeepAlive(true)
	carry(c.(*net.TCPConn), gonet.NewTCPConn(&wq, ep)) //nolint:forcetypeassert // a dial of tcp
}

// halves is a connection of which each direction can be ended.
type halves interface {
	net.Conn
	CloseWrite() error
}

// carry copies both ways; the end of one direction is passed on alone.
func carry(a, b halves) {
	back := make(chan struct{})
	go func() {
		defer close(back)
		pour(a, b)
	}()
	pour(b, a)
	<-back
	a.Close()
	b.Close()
}

func pour(to, from halves) {
	if _, err := io.Copy(to, from); err != nil {
		// The other direction has no use any more either.
		to.Close()
		from.Close()
		return
	}
	_ = to.CloseWrite() // in vain if it has ended
}

// associate makes a socket of the host for a flow of datagrams.
func associate(ctx context.Context, r *udp.ForwarderRequest) {
	to, ok := target(r.ID())
	if !ok {
		return
	}
	select {
	case flows <- struct{}{}:
	default:
		return
	}
	taken := true
	defer func() {
		if taken {
			<-flows
		}
	}()
	var wq waiter.Queue
	ep, failed := r.CreateEndpoint(&wq)
	if failed != nil {
		return
	}
	inside := gonet.NewUDPConn(&wq, ep)
	outside, err := new(net.Dialer).DialContext(ctx, "udp", to.String())
	if err != nil {
		inside.Close()
		return
	}
	taken = false
	go func() {
		defer func() { <-flows }()
		exchange(inside, outside)
	}()
}

// exchange passes datagrams until neither side has sent one for udpIdle.
func exchange(a, b net.Conn) {
	idle := time.AfterFunc(udpIdle, func() { a.Close(); b.Close() })
	defer idle.Stop()
	go relay(a, b, idle)
	relay(b, a, idle)
}

func relay(to, from net.Conn, idle *time.Timer) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, maxUDP)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		idle.Reset(udpIdle)
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}
