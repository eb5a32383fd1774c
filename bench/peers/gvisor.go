package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"unsafe"

	"github.com/containers/gvisor-tap-vsock/pkg/types"
	"github.com/containers/gvisor-tap-vsock/pkg/virtualnetwork"
	"golang.org/x/sys/unix"
)

// The addresses are those of rootlesskit's driver.
const (
	gvSubnet, gvGateway, gvAddress = "10.0.2.0/24", "10.0.2.1", "10.0.2.100/24"
	gvMAC                          = "5a:94:ef:e4:0c:dd"
)

// gvisor runs the user-mode stack of gvisor-tap-vsock, in this process, on the
// tap device of the child.
func gvisor(ctx context.Context, args []string) error {
	mtu, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	theirs := os.NewFile(uintptr(pair[1]), "tap socket")
	cmd := inside(ctx, append([]string{"gvisor-child"}, args...)...)
	cmd.ExtraFiles = []*os.File{theirs}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("namespaces: %w", err)
	}
	theirs.Close()
	tap, err := receive(pair[0])
	if err != nil {
		return errors.Join(err, cmd.Wait())
	}
	n, err := virtualnetwork.New(&types.Configuration{
		MTU: mtu, Subnet: gvSubnet, GatewayIP: gvGateway, GatewayMacAddress: gvMAC,
		DHCPStaticLeases: map[string]string{}, Protocol: types.BessProtocol,
	})
	if err != nil {
		return err
	}
	go func() {
		if err := n.AcceptBess(ctx, packets{tap}); err != nil {
			fmt.Fprintln(os.Stderr, "peers: gvisor-tap-vsock:", err)
		}
	}()
	return cmd.Wait()
}

// gvisorChild makes the tap device, configures it and runs the command.
func gvisorChild(ctx context.Context, args []string) error {
	tap, err := newTap("tap0")
	if err != nil {
		return err
	}
	if err := unix.Sendmsg(3, []byte{0}, unix.UnixRights(tap), nil, 0); err != nil {
		return fmt.Errorf("hand over the tap device: %w", err)
	}
	for _, c := range [][]string{
		{"link", "set", "lo", "up"}, {"address", "add", gvAddress, "dev", "tap0"},
		{"link", "set", "tap0", "mtu", args[0], "up"}, {"route", "add", "default", "via", gvGateway},
	} {
		if err := ip(ctx, c...); err != nil {
			return err
		}
	}
	return command(ctx, args[1:]).Run()
}

// newTap opens a new tap device without a header before each packet
// (Documentation/networking/tuntap.rst).
func newTap(name string) (int, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("open /dev/net/tun: %w", err)
	}
	r, err := unix.NewIfreq(name)
	if err != nil {
		return 0, err
	}
	r.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TUNSETIFF, uintptr(unsafe.Pointer(r)))
	if errno != 0 {
		return 0, fmt.Errorf("make tap device %s: %w", name, errno)
	}
	return fd, nil
}

// receive gets the tap device.
func receive(socket int) (*os.File, error) {
	oob := make([]byte, 64)
	_, n, _, _, err := unix.Recvmsg(socket, make([]byte, 1), oob, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return nil, err
	}
	messages, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil || len(messages) == 0 {
		return nil, errors.Join(err, errors.New("no tap device came"))
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fds[0]), "tap0"), nil
}
