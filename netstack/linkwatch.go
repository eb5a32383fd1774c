package netstack

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/uplink"
)

// Attached waits until a helper has the tap: then frames flow. It is false when
// ended was closed before.
func (s *Stack) Attached(ended <-chan struct{}) (bool, error) {
	var changes *os.File
	err := s.worker.do(s.routerNS, func() (err error) { changes, err = watchLinks(); return err })
	if err != nil {
		return false, err
	}
	defer changes.Close()
	known := make(chan struct{})
	defer close(known)
	go func() {
		select {
		case <-ended:
			changes.Close()
		case <-known:
		}
	}()
	var message [8192]byte
	for {
		if ok, err := uplink.Attached(s.router.Handle); ok || err != nil {
			return ok, err
		}
		if _, err := changes.Read(message[:]); err != nil {
			return false, nil
		}
	}
}

// watchLinks makes a socket that is told of every change of an interface in the
// calling thread's namespace (rtnetlink(7), RTMGRP_LINK).
func watchLinks() (*os.File, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("netlink socket: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_LINK}); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("netlink socket: bind: %w", err)
	}
	return os.NewFile(uintptr(fd), "changes of interfaces"), nil
}
