package egress

import (
	"errors"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/firewall"
)

// writer puts IP packets into R that we made ourselves. One that cannot be sent is
// lost, as on any network.
type writer struct {
	files    []*os.File
	inner    syscall.RawConn // packet(7): to the loopback interface
	v4, v6   syscall.RawConn // raw(7): by R's routes, from any address; v6 may be nil
	lo4, lo6 unix.SockaddrLinklayer
}

// loopback is the index of lo, the first interface of each namespace.
const loopback = 1

// openWriter makes the sockets in the calling thread's namespace. They receive
// nothing: that is what their protocols mean.
func openWriter() (*writer, error) {
	w := &writer{
		lo4: unix.SockaddrLinklayer{Protocol: bigEndian(unix.ETH_P_IP), Ifindex: loopback, Halen: 6},
		lo6: unix.SockaddrLinklayer{Protocol: bigEndian(unix.ETH_P_IPV6), Ifindex: loopback, Halen: 6},
	}
	var err error
	if w.inner, err = w.open(unix.AF_PACKET, unix.SOCK_DGRAM, 0, firewall.MarkInjected); err == nil {
		w.v4, err = w.open(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW, 0)
	}
	if err == nil {
		w.v6, err = w.open(unix.AF_INET6, unix.SOCK_RAW, unix.IPPROTO_RAW, 0)
		if errors.Is(err, unix.EAFNOSUPPORT) {
			err = nil
		}
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *writer) open(family, kind, protocol, mark int) (syscall.RawConn, error) {
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if err != nil {
		return nil, os.NewSyscallError("socket for packets", err)
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

// send writes a packet to a service, by R's routes.
func (w *writer) send(to netip.Addr, packet []byte) {
	c := w.v4
	if to.Is6() {
		c = w.v6
	}
	if c != nil {
		sendTo(c, packet, sockaddr(netip.AddrPortFrom(to, 0)))
	}
}

// inject writes a packet to the loopback interface: it arrives there as one from
// outside does, with firewall.MarkInjected.
func (w *writer) inject(packet []byte) {
	at := w.lo4
	if packet[0]>>4 == 6 {
		at = w.lo6
	}
	sendTo(w.inner, packet, &at)
}

func sendTo(c syscall.RawConn, packet []byte, to unix.Sockaddr) {
	_ = c.Control(func(fd uintptr) { _ = unix.Sendto(int(fd), packet, unix.MSG_DONTWAIT, to) }) // see writer
}
