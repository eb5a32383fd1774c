package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/mocker-compose/mocker-compose/internal/resolvconf"
)

const (
	// perServer is how long one server may take before the next is asked, if the
	// options do not say. glibc's 5 seconds would outlast the asker's own patience.
	perServer = 1500 * time.Millisecond
	// attempts is how often each is asked, if the options do not say.
	attempts = 2
	// patienceOutside is how long all servers may take together, if the options do
	// not say: an asker waits for 5 seconds (resolv.conf(5)).
	patienceOutside = 4500 * time.Millisecond
	// penance is how long a server that was silent is asked after the others.
	penance = 30 * time.Second
)

// Dial connects to a server, over "udp" or "tcp".
type Dial func(ctx context.Context, network string, server netip.AddrPort) (net.Conn, error)

// Upstream passes messages on to name servers, as they are.
type Upstream struct {
	read   func() servers
	dial   Dial
	closed atomic.Bool

	mu   sync.Mutex
	bad  map[netip.AddrPort]time.Time // who was silent, and until when it counts
	turn int                          // of rotate
}

// NewUpstream uses the servers that the file at path names (resolv.conf(5)),
// from the net namespace of this process: the host's. So VPNs, split DNS and a
// stub on the host's loopback just work.
func NewUpstream(path string) *Upstream {
	conf := &hostConf{path: path}
	return &Upstream{read: conf.read, dial: dialHere}
}

// FixedUpstream uses the given servers, in the way that the options of
// resolv.conf(5) say.
func FixedUpstream(dial Dial, options []string, list ...netip.AddrPort) *Upstream {
	s := servers{list: list, Manners: resolvconf.MannersOf(options)}
	return &Upstream{read: func() servers { return s }, dial: dial}
}

func dialHere(ctx context.Context, network string, server netip.AddrPort) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, server.String())
}

// Close makes every question fail from now on, or ends that.
func (u *Upstream) Close(on bool) { u.closed.Store(on) }

var errNoWayOut = errors.New("the project has no way out")

// Exchange asks one server after the other and returns the first useful
// answer, else the last answer of any kind, else an error.
func (u *Upstream) Exchange(ctx context.Context, msg []byte, tcp bool) ([]byte, error) {
	if u.closed.Load() {
		return nil, errNoWayOut
	}
	s := u.read()
	each, rounds := s.Timeout, s.Attempts
	if each == 0 {
		each = perServer
	}
	if rounds == 0 {
		rounds = attempts
	}
	if s.Timeout == 0 && s.Attempts == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patienceOutside)
		defer cancel()
	}
	list := u.inOrder(s)
	var last []byte
	err := errors.New("there is no name server to ask")
	for round := 0; round < rounds && ctx.Err() == nil && last == nil; round++ {
		last, err = u.round(ctx, list, each, msg, tcp)
	}
	if last != nil {
		return last, nil
	}
	return nil, err
}

// round asks each server once.
func (u *Upstream) round(ctx context.Context, list []netip.AddrPort, each time.Duration, msg []byte, tcp bool) (last []byte, err error) {
	for _, s := range list {
		answer, failed := u.exchange(ctx, s, each, msg, tcp)
		if ctx.Err() != nil && failed != nil {
			return last, ctx.Err() // our end, not the server's
		}
		u.remember(s, failed != nil)
		if failed != nil {
			err = fmt.Errorf("resolver %s: %w", s, failed)
			continue
		}
		if last = answer; useful(answer) {
			return last, nil
		}
	}
	return last, err
}

// inOrder puts those that were silent last.
func (u *Upstream) inOrder(s servers) []netip.AddrPort {
	u.mu.Lock()
	defer u.mu.Unlock()
	var good, late []netip.AddrPort
	now, first := time.Now(), 0
	if s.Rotate && len(s.list) > 0 {
		first = u.turn % len(s.list)
		u.turn++
	}
	for i := range s.list {
		a := s.list[(first+i)%len(s.list)]
		if until, ok := u.bad[a]; ok && now.Before(until) {
			late = append(late, a)
		} else {
			good = append(good, a)
		}
	}
	return append(good, late...)
}

func (u *Upstream) remember(s netip.AddrPort, silent bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case !silent:
		delete(u.bad, s)
	case u.bad == nil, len(u.bad) > 4*resolvconf.MaxServers: // of files that were
		u.bad = map[netip.AddrPort]time.Time{s: time.Now().Add(penance)}
	default:
		u.bad[s] = time.Now().Add(penance)
	}
}

// useful reports whether another server could not do better (resolv.conf(5):
// the next one is asked after these).
func useful(answer []byte) bool {
	switch dnsmessage.RCode(answer[3] & 0xf) {
	case dnsmessage.RCodeServerFailure, dnsmessage.RCodeNotImplemented, dnsmessage.RCodeRefused:
		return false
	}
	return true
}

// exchange asks one server. Who asked by TCP is answered by what came by UDP,
// where the server has no TCP and the answer is whole.
func (u *Upstream) exchange(ctx context.Context, server netip.AddrPort, each time.Duration, msg []byte, tcp bool) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, each)
	defer cancel()
	if !tcp {
		return u.askPacket(ctx, server, msg)
	}
	answer, err := u.askStream(ctx, server, msg)
	if err != nil && ctx.Err() == nil {
		if short, err := u.askPacket(ctx, server, msg); err == nil && !truncated(short) {
			return short, nil
		}
	}
	return answer, err
}

func (u *Upstream) askStream(ctx context.Context, server netip.AddrPort, msg []byte) ([]byte, error) {
	c, err := u.dial(ctx, "tcp", server)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if err := writeTCP(c, msg); err != nil {
		return nil, err
	}
	answer, err := readTCP(c)
	if err == nil && !matches(msg, answer) {
		return nil, errors.New("answers another question than was asked")
	}
	return answer, err
}

// buffers are for packets from outside: what an asker says it can take goes up
// to 64 KiB (RFC 6891, 6.2.3), and it is passed on as it was said.
var buffers = sync.Pool{New: func() any { b := make([]byte, MaxTCP); return &b }}

func (u *Upstream) askPacket(ctx context.Context, server netip.AddrPort, msg []byte) ([]byte, error) {
	// A socket for each question: its port is a new random number, without
	// which an answer could be forged (RFC 5452, 9.2).
	c, err := u.dial(ctx, "udp", server)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if _, err := c.Write(msg); err != nil {
		return nil, err
	}
	buf, ok := buffers.Get().(*[]byte)
	if !ok {
		return nil, errors.New("no buffer")
	}
	defer buffers.Put(buf)
	for {
		n, err := c.Read(*buf)
		if err != nil {
			return nil, err
		}
		if matches(msg, (*buf)[:n]) {
			return append([]byte(nil), (*buf)[:n]...), nil
		}
	}
}
