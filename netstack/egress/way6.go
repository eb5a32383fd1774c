package egress

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// HasIPv6 tells whether the host can route IPv6 to the outside, with an address
// that gets answers. To be called from a goroutine at home in the host's net
// namespace.
func HasIPv6() bool { return sourceFor(true).IsValid() }

// calm is how long [WatchIPv6] waits between two looks: machines that take part in
// routing change routes all the time.
const calm = 200 * time.Millisecond

// WatchIPv6 calls look after each change of the host's IPv6 routes and addresses,
// some time after the first of many, until ctx ends. It is called from an ordinary
// goroutine, as look is.
func WatchIPv6(ctx context.Context, look func()) error {
	// rtnetlink(7): everybody may listen.
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink socket: %w", err)
	}
	f := os.NewFile(uintptr(fd), "changes of the host's IPv6 routes")
	defer f.Close()
	groups := uint32(1<<(unix.RTNLGRP_IPV6_ROUTE-1) | 1<<(unix.RTNLGRP_IPV6_IFADDR-1))
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		return fmt.Errorf("netlink socket: listen to changes of IPv6 routes: %w", err)
	}
	defer context.AfterFunc(ctx, func() { f.Close() })()
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	look() // what has changed before we listened
	for {
		var buf [8192]byte
		if err := raw.Read(func(fd uintptr) bool {
			_, err := unix.Read(int(fd), buf[:])
			return !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR)
		}); err != nil {
			return nil //nolint:nilerr // closed: ctx has ended
		}
		select {
		case <-time.After(calm):
		case <-ctx.Done():
			return nil
		}
		// All that came meanwhile, or was lost (ENOBUFS), is one change.
		_ = raw.Control(func(fd uintptr) { drain(int(fd), buf[:]) }) // fails when closed: see above
		look()
	}
}

func drain(fd int, buf []byte) {
	for {
		if _, err := unix.Read(fd, buf); err != nil && !errors.Is(err, unix.ENOBUFS) && !errors.Is(err, unix.EINTR) {
			return
		}
	}
}
