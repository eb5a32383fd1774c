// Package notify is the socket that a service tells of its readiness, as sd_notify(3)
// has it: datagrams of lines NAME=VALUE.
//
// The socket is bound in the holder's scratch directory, mounted into the container and
// kept open by the holder, so what is said while no supervisor lives waits in it. Any
// process of the container may speak, as with systemd's NotifyAccess=all; nobody else
// sees the directory.
//
// Limits: the kernel queues some datagrams (net.unix.max_dgram_qlen), then senders wait.
// They also wait when they say more than a hundred things in a second.
package notify

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Inside is where the container sees its socket: the value of NOTIFY_SOCKET.
const Inside = "/run/notify/notify.sock"

// Bounds of what is listened to.
const (
	messageLimit = 4096 // bytes; what is longer is thrown away
	messageRate  = 100  // in a second
)

// Bind makes the socket at path, in the place of what is there. Everybody who sees it
// may write to it: the service has whatever id it wants.
func Bind(path string) (*os.File, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), "notify")
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		f.Close()
		return nil, os.NewSyscallError("bind", err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Drain throws away what is in the socket: an earlier run said it.
func Drain(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(func(fd uintptr) {
		for range 1 << 16 { // a sender that never stops is another run's business
			if _, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_DONTWAIT); err != nil {
				return
			}
		}
	})
}

// Listen hands over each message until ctx ends; its error is then returned. A message
// is taken out of the socket when on has returned nil, so that somebody else gets it if
// we die before; the error of on is returned. One at a time may listen.
func Listen(ctx context.Context, f *os.File, on func(message string) error) error {
	own, err := reopen(f)
	if err != nil {
		return err
	}
	defer own.Close()
	defer context.AfterFunc(ctx, func() { _ = own.SetReadDeadline(time.Unix(1, 0)) })()
	raw, err := own.SyscallConn()
	if err != nil {
		return err
	}
	buf := make([]byte, messageLimit)
	p := pace{}
	for {
		n, err := receive(raw.Read, buf, unix.MSG_PEEK)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return os.NewSyscallError("recv", err)
		}
		if n <= len(buf) {
			if err := on(string(buf[:n])); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		// Files that came along are closed by the kernel: no room was given for them.
		if _, err := receive(raw.Read, buf, 0); err != nil && ctx.Err() == nil {
			return os.NewSyscallError("recv", err)
		}
		p.wait(ctx)
	}
}

// reopen makes a file that waits in Go's poller, of the same socket.
func reopen(f *os.File) (*os.File, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd := -1
	cerr := raw.Control(func(old uintptr) {
		if fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0); err == nil {
			err = unix.SetNonblock(fd, true)
		}
	})
	if err := errors.Join(cerr, err); err != nil {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
		return nil, err
	}
	return os.NewFile(uintptr(fd), "notify"), nil
}

// receive waits for a message; n is its real length (recv(2), MSG_TRUNC).
func receive(wait func(func(fd uintptr) bool) error, buf []byte, flags int) (n int, err error) {
	werr := wait(func(fd uintptr) bool {
		n, _, err = unix.Recvfrom(int(fd), buf, flags|unix.MSG_TRUNC|unix.MSG_DONTWAIT)
		return !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR)
	})
	if werr != nil {
		return 0, werr
	}
	return n, err
}

// pace bounds how often somebody may speak.
type pace struct {
	since time.Time
	count int
}

func (p *pace) wait(ctx context.Context) {
	if now := time.Now(); now.Sub(p.since) >= time.Second {
		p.since, p.count = now, 0
	}
	if p.count++; p.count < messageRate {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(time.Until(p.since.Add(time.Second))):
	}
}
