//go:build gvisor

package gvisor

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// Built tells whether this binary has the helper.
const Built = true

// Run is the body of the role: args are the tap's name, its MTU, our address on
// it, and the file of the net namespace that it is in. It ends when the tap does.
func Run(args []string) int {
	if err := run(args); err != nil {
		fmt.Fprintln(os.Stderr, "gvisor:", err)
		return 1
	}
	return 0
}

func run(args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("%q: wanted tap, MTU, address and net namespace", args)
	}
	mtu, err := strconv.ParseUint(args[1], 10, 16)
	if err != nil {
		return err
	}
	gateway, err := netip.ParseAddr(args[2])
	if err != nil {
		return err
	}
	tap, err := open(args[0], args[3])
	if err != nil {
		return err
	}
	defer tap.Close()
	return serve(tap, uint32(mtu), gateway)
}

// open attaches to the tap on a thread that goes into its namespace, and ends
// there: no thread that could make sockets is left in it. It is not the main
// thread, whose namespace is the one that is seen of a process.
func open(name, ns string) (tap *os.File, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // while this one holds the main thread, the next gets another
		if unix.Gettid() == unix.Getpid() {
			defer runtime.UnlockOSThread()
			tap, err = open(name, ns)
			return
		}
		tap, err = attachTap(name, ns) // no unlock: the thread ends with the goroutine
	}()
	<-done
	return tap, err
}

func attachTap(name, ns string) (*os.File, error) {
	f, err := os.Open(ns)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("enter the net namespace of the tap (setns): %w", err)
	}
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/net/tun: %w", err)
	}
	req, err := unix.NewIfreq(name)
	if err == nil {
		req.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, req)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("attach to tap %s (TUNSETIFF): %w", name, err)
	}
	return os.NewFile(uintptr(fd), name), nil
}
