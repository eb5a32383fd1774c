package egress

import (
	"errors"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

const (
	// mostEchoes bounds the pings that are under way, of all containers and of one.
	mostEchoes      = 256
	mostEchoesOfOne = 64
	// echoSilence is how long an answer may take.
	echoSilence = 10 * time.Second
)

// echoKey is one ping program that asks one target.
type echoKey struct {
	client, to netip.Addr
	id         uint16
}

// echoes are the ping sockets (icmp(7)) in use, one for each key: the kernel gives
// each its own identifier, by which it knows the answers.
type echoes struct {
	mu     sync.Mutex
	closed bool
	of     map[echoKey]*ping
	count  map[netip.Addr]int
}

func newEchoes() *echoes { return &echoes{of: map[echoKey]*ping{}, count: map[netip.Addr]int{}} }

// ping is one of them.
type ping struct {
	*os.File
	raw syscall.RawConn
	key echoKey

	mu   sync.Mutex
	last packet // to be quoted when the network has something to say
}

// echo is for an echo request to the outside.
func (r *Relay) echo(p packet) {
	v := r.view.Load()
	if r.world.Owner(p.from) == "" || v.isGateway(p.to) {
		return // R answers for itself
	}
	to, err := v.Target(p.from, netip.AddrPortFrom(p.to, 0))
	if err != nil {
		r.answer(p, err)
		return
	}
	hops := p.hops()
	if hops <= 1 { // we are the first router on the way (RFC 1812, 5.3.1)
		r.expired(p, v)
		return
	}
	one, err := r.echoes.get(echoKey{p.from, p.to, p.echoID()}, to.Addr(), func(one *ping) { r.wg.Go(func() { r.answers(one) }) })
	if errors.Is(err, unix.EACCES) {
		r.sayOnce("ping to the outside is off: " + cause.Ping(cause.Here()).String())
	}
	if err == nil && one != nil {
		err = one.send(p.clone(), hops-1)
	}
	if err != nil {
		r.answer(p, err)
	}
}

// get returns the socket for a key, and makes it: nil if there are too many.
func (e *echoes) get(key echoKey, to netip.Addr, serve func(*ping)) (*ping, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if one := e.of[key]; one != nil {
		return one, nil
	}
	if e.closed || len(e.of) >= mostEchoes || e.count[key.client] >= mostEchoesOfOne {
		return nil, nil //nolint:nilnil // dropped, as by a network that is full
	}
	f, err := openPing(to)
	if err != nil {
		return nil, err
	}
	one := &ping{File: f, key: key}
	if one.raw, err = f.SyscallConn(); err != nil {
		f.Close()
		return nil, err
	}
	e.of[key] = one
	e.count[key.client]++
	serve(one)
	return one, nil
}

func (e *echoes) drop(one *ping) {
	e.mu.Lock()
	defer e.mu.Unlock()
	one.Close()
	if e.of[one.key] == one {
		delete(e.of, one.key)
		if e.count[one.key.client]--; e.count[one.key.client] == 0 {
			delete(e.count, one.key.client)
		}
	}
}

func (e *echoes) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	for _, one := range e.of {
		one.Close()
	}
}

// openPing makes a ping socket in the host's net namespace, whose errors can be
// read with their origin.
func openPing(to netip.Addr) (*os.File, error) {
	family, protocol, level, option := unix.AF_INET, unix.IPPROTO_ICMP, unix.SOL_IP, unix.IP_RECVERR
	if to.Is6() {
		family, protocol, level, option = unix.AF_INET6, unix.IPPROTO_ICMPV6, unix.SOL_IPV6, unix.IPV6_RECVERR
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if err != nil {
		return nil, os.NewSyscallError("ping socket", err)
	}
	err = os.NewSyscallError("setsockopt IP_RECVERR", unix.SetsockoptInt(fd, level, option, 1))
	if err == nil {
		err = os.NewSyscallError("connect", unix.Connect(fd, sock.Addr(netip.AddrPortFrom(to, 0))))
	}
	if err != nil {
		unix.Close(fd) //nolint:errcheck // nothing was sent
		return nil, err
	}
	return os.NewFile(uintptr(fd), "ping "+to.String()), nil
}

// send asks once more, over at most so many routers.
func (one *ping) send(p packet, hops int) error {
	one.mu.Lock()
	one.last = p
	one.mu.Unlock()
	if err := one.SetReadDeadline(time.Now().Add(echoSilence)); err != nil {
		return nil //nolint:nilerr // it has just ended: this one is lost
	}
	var err error
	if e := one.raw.Control(func(fd uintptr) {
		if p.to.Is4() {
			err = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_TTL, hops)
		} else {
			err = unix.SetsockoptInt(int(fd), unix.SOL_IPV6, unix.IPV6_UNICAST_HOPS, hops)
		}
		if err == nil {
			err = unix.Send(int(fd), p.body, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		}
	}); e != nil {
		return nil //nolint:nilerr // as above
	}
	return err
}

// answers passes on what comes back, until nothing has come for a while.
func (r *Relay) answers(one *ping) {
	defer r.echoes.drop(one)
	buf := buffers.Get().(*[largestPacket]byte) //nolint:errcheck,forcetypeassert // the pool has no others
	defer buffers.Put(buf)
	for {
		n, err := one.Read(buf[:])
		var errno unix.Errno
		switch {
		case err == nil:
			if reply := one.reply(buf[:n]); reply != nil {
				r.writer.send(one.key.client, reply)
			}
		case errors.As(err, &errno):
			r.troubles(one)
		default:
			return // silence, or closed
		}
	}
}

// reply is the answer as the service waits for it: with its own identifier.
func (one *ping) reply(b []byte) []byte {
	kind, protocol := byte(echoReply4), byte(unix.IPPROTO_ICMP)
	if one.key.to.Is6() {
		kind, protocol = echoReply6, unix.IPPROTO_ICMPV6
	}
	if len(b) < headerICMP || b[0] != kind {
		return nil
	}
	b[4], b[5] = byte(one.key.id>>8), byte(one.key.id)
	seal(b, 2, one.key.to, one.key.client, protocol)
	return ipPacket(one.key.to, one.key.client, protocol, b)
}
