package dns

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	maxStreams = 16               // TCP connections of one listener
	streamIdle = 10 * time.Second // how long one may say nothing (RFC 7766, 6.2.3)
)

// Asker says who sends from an address: an id in the zone, "" for nobody.
type Asker func(from netip.Addr) string

// Only is the asker of a socket that one service alone can reach.
func Only(id string) Asker { return func(netip.Addr) string { return id } }

// Server answers on sockets.
type Server struct {
	zone     *Zone
	upstream *Upstream
	bounds   bounds
	routable func(netip.Addr) bool
}

// NewServer makes a server without sockets. u answers for those that have no
// upstream of their own. Addresses of outside names are answered as far as the host
// can route them: see [Routable]; nil = all.
func NewServer(z *Zone, u *Upstream, routable func(netip.Addr) bool) *Server {
	return &Server{zone: z, upstream: u, routable: routable}
}

// ServePackets answers on c until it is closed, then waits for its own
// goroutines. End of ctx ends the questions under way.
func (s *Server) ServePackets(ctx context.Context, c *net.UDPConn, who Asker) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	buf := make([]byte, MaxUDP)
	for {
		n, from, err := c.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			pause(ctx, 10*time.Millisecond) // of one packet (ICMP) or of the machine (memory)
			continue
		}
		asker := who(from.Addr().Unmap())
		answer, forward := Answer(s.zone, asker, buf[:n], false)
		if !forward {
			send(c, answer, from)
			continue
		}
		msg := append([]byte(nil), buf[:n]...)
		if !s.bounds.enter(asker) {
			send(c, Failure(msg), from)
			continue
		}
		wg.Go(func() {
			defer s.bounds.leave(asker)
			send(c, s.forward(ctx, asker, msg, false), from)
		})
	}
}

// send answers one packet. An asker that has gone is no news.
func send(c *net.UDPConn, answer []byte, to netip.AddrPort) {
	if answer != nil {
		_, _ = c.WriteToUDPAddrPort(answer, to)
	}
}

// forward asks outside. It always has an answer, if it be that there is none.
func (s *Server) forward(ctx context.Context, asker string, msg []byte, tcp bool) []byte {
	u := s.zone.upstream(asker)
	if u == nil {
		u = s.upstream
	}
	answer, err := u.Exchange(ctx, msg, tcp)
	if err != nil {
		return Failure(msg)
	}
	return s.offered(msg, answer)
}

// ServeStreams is ServePackets for TCP.
func (s *Server) ServeStreams(ctx context.Context, l *net.TCPListener, who Asker) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	slots := make(chan struct{}, maxStreams)
	for {
		slots <- struct{}{}
		c, err := l.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			<-slots
			pause(ctx, 50*time.Millisecond) // out of descriptors: others must end first
			continue
		}
		wg.Go(func() {
			defer func() { <-slots }()
			s.stream(ctx, c, who)
		})
	}
}

func (s *Server) stream(ctx context.Context, c *net.TCPConn, who Asker) {
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	from, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return
	}
	id := who(from.AddrPort().Addr().Unmap())
	for {
		if err := c.SetDeadline(time.Now().Add(streamIdle)); err != nil {
			return
		}
		msg, err := readTCP(c)
		if err != nil {
			return
		}
		answer, forward := Answer(s.zone, id, msg, true)
		if forward {
			answer = s.forwardStream(ctx, id, msg)
		}
		if answer == nil || writeTCP(c, answer) != nil {
			return
		}
	}
}

func (s *Server) forwardStream(ctx context.Context, asker string, msg []byte) []byte {
	if !s.bounds.enter(asker) {
		return Failure(msg)
	}
	defer s.bounds.leave(asker)
	return s.forward(ctx, asker, msg, true)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
