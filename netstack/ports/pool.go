package ports

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// ready is how many sockets of each kind are made beforehand.
const ready = 16

// pool keeps sockets of R that are not connected yet. A socket belongs to the
// namespace of the thread that makes it; so each would need a visit of the one
// thread that may go there, which costs more than the rest of a connection. Made
// beforehand, and by the dozen, they cost next to nothing.
type pool struct {
	w    World
	kind int

	mu      sync.Mutex
	free    map[int][]int // by family
	filling map[int]bool
	closed  bool
	wg      sync.WaitGroup
}

func newPool(w World, protocol string) *pool {
	kind := unix.SOCK_STREAM
	if protocol == UDP {
		kind = unix.SOCK_DGRAM
	}
	return &pool{w: w, kind: kind, free: map[int][]int{}, filling: map[int]bool{}}
}

// get returns a socket that is the caller's.
func (p *pool) get(family int) (int, error) {
	p.mu.Lock()
	list := p.free[family]
	if n := len(list); n > 0 {
		fd := list[n-1]
		p.free[family] = list[:n-1]
		if n-1 < ready/2 && !p.filling[family] && !p.closed {
			p.filling[family] = true
			p.wg.Go(func() { _ = p.fill(family) }) // tried again, and reported, by whoever finds none
		}
		p.mu.Unlock()
		return fd, nil
	}
	p.mu.Unlock()
	return p.take(family)
}

// take makes a socket, and some more.
func (p *pool) take(family int) (int, error) {
	fd := -1
	err := p.w.In(p.w.Router, func() (err error) {
		fd, err = newSocket(family, p.kind)
		return err
	})
	if err != nil {
		return -1, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.filling[family] && !p.closed && len(p.free[family]) == 0 {
		p.filling[family] = true
		p.wg.Go(func() { _ = p.fill(family) }) // as above
	}
	return fd, nil
}

func (p *pool) fill(family int) error {
	var made []int
	err := p.w.In(p.w.Router, func() error {
		for range ready {
			fd, err := newSocket(family, p.kind)
			if err != nil {
				return err
			}
			made = append(made, fd)
		}
		return nil
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.filling[family] = false
	for _, fd := range made {
		if p.closed {
			_ = unix.Close(fd) // nothing was sent by it
			continue
		}
		p.free[family] = append(p.free[family], fd)
	}
	return err
}

func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	for _, list := range p.free {
		for _, fd := range list {
			_ = unix.Close(fd) // nothing was sent by it
		}
	}
	p.free = map[int][]int{}
	p.mu.Unlock()
	p.wg.Wait()
}

// newSocket makes a socket in the caller's namespace that may take any address as
// its own (ip(7), IP_TRANSPARENT), as far as its owner may.
func newSocket(family, kind int) (int, error) {
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	set := func(level, name int) {
		if err == nil {
			err = os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, level, name, 1))
		}
	}
	if family == unix.AF_INET6 {
		set(unix.IPPROTO_IPV6, unix.IPV6_TRANSPARENT)
	} else {
		set(unix.IPPROTO_IP, unix.IP_TRANSPARENT)
	}
	if kind == unix.SOCK_STREAM {
		set(unix.IPPROTO_TCP, unix.TCP_NODELAY)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}
