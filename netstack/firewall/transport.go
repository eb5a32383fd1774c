package firewall

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// transport carries the library's batches to the kernel. The library's own asks
// for an answer to each message, of which the kernel drops what the socket's buffer
// cannot hold, some two hundred, and then waits for ever for what was dropped.
// Here only errors are told, and the last message is acknowledged: whatever the
// batch, the answer fits.
type transport struct {
	fd  int
	err error // of the last batch
}

// sendBuffer is asked for and granted as far as net.core.wmem_max: a batch that is
// larger cannot be sent (EMSGSIZE).
const sendBuffer = 8 << 20

// openTransport makes the socket in the calling thread's namespace. It is outside
// Go's poller: answers are there when sending returns (netlink(7)).
func openTransport() (*transport, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_NETFILTER)
	if err != nil {
		return nil, os.NewSyscallError("netlink socket", err)
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, sendBuffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer) // as far as it goes
	}
	// Errors quote no request: those are long, and there may be many.
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1) // since Linux 4.3
	return &transport{fd: fd}, nil
}

func (t *transport) close() error { return os.NewSyscallError("close", unix.Close(t.fd)) }

// connect makes a connection of the library that sends by t.
func (t *transport) connect() (*nftables.Conn, error) {
	return nftables.New(nftables.AsLasting(), nftables.WithTestDial(t.exchange))
}

// flush sends what the connection has been told.
func (t *transport) flush(c *nftables.Conn) error {
	t.err = nil
	return errors.Join(c.Flush(), t.err)
}

// exchange is what the library calls with a batch, and then with nothing for each
// answer that it expects: those are all good, the error is kept for flush.
func (t *transport) exchange(batch []netlink.Message) ([]netlink.Message, error) {
	if len(batch) > 0 {
		t.err = t.send(batch)
		return nil, nil
	}
	return []netlink.Message{{Header: netlink.Header{Type: netlink.Error}, Data: make([]byte, 4)}}, nil
}

// send sends a batch, whose first and last message are its brackets, and waits for
// the verdict.
func (t *transport) send(batch []netlink.Message) error {
	var packet []byte
	last := uint32(0)
	for i, m := range batch {
		m.Header.Flags &^= netlink.Acknowledge | netlink.Echo
		m.Header.Sequence = uint32(i + 1)
		if i == len(batch)-2 {
			m.Header.Flags |= netlink.Acknowledge
			last = m.Header.Sequence
		}
		b, err := m.MarshalBinary()
		if err != nil {
			return err
		}
		packet = append(packet, b...)
	}
	if err := unix.Sendto(t.fd, packet, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		if errors.Is(err, unix.EMSGSIZE) {
			return fmt.Errorf("the rules need %d bytes, more than net.core.wmem_max allows to be sent at once: use fewer networks: %w", len(packet), err)
		}
		return os.NewSyscallError("netlink: send", err)
	}
	return t.verdict(last)
}

// verdict reads all answers, which are there, and returns the first error.
func (t *transport) verdict(last uint32) (first error) {
	buf, done := make([]byte, 64<<10), false
	for {
		n, err := unix.Read(t.fd, buf)
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ENOBUFS): // more errors than can be told
			continue
		case errors.Is(err, unix.EAGAIN) && first == nil && !done:
			return errors.New("netlink: the kernel does not answer")
		case errors.Is(err, unix.EAGAIN):
			return first
		case err != nil:
			return errors.Join(first, os.NewSyscallError("netlink: receive", err))
		}
		messages, err := syscall.ParseNetlinkMessage(buf[:n])
		if err != nil {
			return errors.Join(first, fmt.Errorf("netlink: answer: %w", err))
		}
		for _, m := range messages {
			if m.Header.Type != unix.NLMSG_ERROR || len(m.Data) < 4 {
				continue
			}
			if code := -int32(binary.NativeEndian.Uint32(m.Data)); code != 0 && first == nil {
				first = unix.Errno(code)
			}
			done = done || m.Header.Seq == last
		}
	}
}
