package egress

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// connect begins a connection from the host's net namespace, where the calling
// goroutine is at home. done says that it is decided; else [Relay.await] waits for
// it. net.Dialer would wait in any case.
func (r *Relay) connect(to netip.AddrPort) (out *os.File, done bool, err error) {
	fd, err := unix.Socket(sock.Family(to.Addr()), unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) {
			r.sayOnce("connections to the outside wait because this process has no descriptor left: raise the limit with `ulimit -n`")
		}
		return nil, true, os.NewSyscallError("socket", err)
	}
	if err := streamOptions(fd); err != nil {
		unix.Close(fd) //nolint:errcheck // nothing was sent
		return nil, true, err
	}
	err = unix.Connect(fd, sock.Addr(to))
	out = os.NewFile(uintptr(fd), "tcp to "+to.String())
	if err != nil && !errors.Is(err, unix.EINPROGRESS) && !errors.Is(err, unix.EINTR) {
		return out, true, os.NewSyscallError("connect", err)
	}
	done, err = decision(fd)
	return out, done, err
}

// decision tells whether a connection attempt has come to an end, and to which
// (connect(2), EINPROGRESS).
func decision(fd int) (done bool, err error) {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	if err != nil {
		return true, os.NewSyscallError("connect", err)
	}
	peer, err := unix.Getpeername(fd)
	if err != nil {
		return false, nil //nolint:nilerr // no error yet, and no peer: still under way
	}
	return true, notItself(fd, sock.AddrPort(peer))
}

// notItself refuses a socket that is its own peer: where nobody has a port of the
// machine's own, the kernel may choose that for our end.
func notItself(fd int, peer netip.AddrPort) error {
	if own, err := unix.Getsockname(fd); err == nil && sock.AddrPort(own) == peer {
		return os.NewSyscallError("connect", unix.ECONNREFUSED)
	}
	return nil
}

// await waits until the attempt is decided.
func (r *Relay) await(out *os.File) error {
	if err := out.SetWriteDeadline(time.Now().Add(dialPatience)); err != nil {
		return err
	}
	defer context.AfterFunc(r.ctx, func() { out.Close() })()
	raw, err := out.SyscallConn()
	if err != nil {
		return err
	}
	var verdict error
	if err := raw.Write(func(fd uintptr) (done bool) {
		done, verdict = decision(int(fd))
		return done
	}); err != nil {
		return err
	}
	if verdict == nil {
		verdict = out.SetWriteDeadline(time.Time{})
	}
	return verdict
}

// dial connects, and waits for it.
func (r *Relay) dial(to netip.AddrPort) (*os.File, error) {
	out, done, err := r.connect(to)
	if !done {
		err = r.await(out)
	}
	if err != nil && out != nil {
		out.Close()
	}
	return out, err
}
