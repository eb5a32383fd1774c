package egress

import (
	"errors"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/firewall"
	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// writer sends IP packets in R that we made ourselves, from any address (raw(7),
// IP_HDRINCL). One that cannot be sent is lost, as on any network.
type writer struct {
	files            []*os.File
	v4, v6           syscall.RawConn // by R's routes; v6 may be nil
	inject4, inject6 syscall.RawConn // to R itself
}

// openWriter makes the sockets in the calling thread's namespace. They receive
// nothing: that is what their protocol means.
func openWriter() (*writer, error) {
	w := &writer{}
	for _, s := range []struct {
		family, mark int
		conn         *syscall.RawConn
	}{
		{unix.AF_INET, 0, &w.v4}, {unix.AF_INET, firewall.MarkInjected, &w.inject4},
		{unix.AF_INET6, 0, &w.v6}, {unix.AF_INET6, firewall.MarkInjected, &w.inject6},
	} {
		var err error
		*s.conn, err = w.open(s.family, s.mark)
		if s.family == unix.AF_INET6 && errors.Is(err, unix.EAFNOSUPPORT) {
			continue
		}
		if err != nil {
			w.close()
			return nil, err
		}
	}
	return w, nil
}

func (w *writer) open(family, mark int) (syscall.RawConn, error) {
	fd, err := unix.Socket(family, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_RAW)
	if err != nil {
		return nil, os.NewSyscallError("raw socket", err)
	}
	f := os.NewFile(uintptr(fd), "packets to the router namespace")
	w.files = append(w.files, f)
	if mark != 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, mark); err != nil {
			return nil, os.NewSyscallError("setsockopt SO_MARK", err)
		}
	}
	return f.SyscallConn()
}

func (w *writer) close() {
	for _, f := range w.files {
		f.Close()
	}
}

// send writes a packet to a service.
func (w *writer) send(to netip.Addr, packet []byte) { sendTo(w.v4, w.v6, to, packet) }

// inject writes a packet to R itself: it arrives on the loopback interface, as one
// from outside, with firewall.MarkInjected.
func (w *writer) inject(to netip.Addr, packet []byte) { sendTo(w.inject4, w.inject6, to, packet) }

func sendTo(v4, v6 syscall.RawConn, to netip.Addr, packet []byte) {
	c := v4
	if to.Is6() {
		c = v6
	}
	if c == nil {
		return
	}
	at := sock.Addr(netip.AddrPortFrom(to, 0))
	_ = c.Control(func(fd uintptr) { _ = unix.Sendto(int(fd), packet, unix.MSG_DONTWAIT, at) }) // see writer
}
