package egress

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// taps are packet sockets (packet(7)), one for each address family: a socket for
// all protocols would see what leaves R too, and make the kernel copy it. They look
// at all bridges: to close one waits for an RCU grace period, some milliseconds, so
// there should be few.
type taps []*os.File

// tapBuffer bounds what waits to be read: some hundreds of SYNs. What does not
// fit is dropped, and repeated by its sender.
const tapBuffer = 512 << 10

// largestPacket is an IP packet without jumbo option.
const largestPacket = 65535

// openTaps makes the sockets in the calling thread's namespace.
func openTaps() (taps, error) {
	if os.Getenv("MOCKER_FORCE_NO_PACKET") != "" {
		return nil, fmt.Errorf("packet socket: turned off by MOCKER_FORCE_NO_PACKET: %w", unix.EPERM)
	}
	var t taps
	for _, f := range []struct {
		protocol uint16
		filter   []bpf.Instruction
	}{{unix.ETH_P_IP, filter4}, {unix.ETH_P_IPV6, filter6}} {
		file, err := openPacketSocket(f.protocol, f.filter)
		if err != nil {
			t.close()
			return nil, err
		}
		t = append(t, file)
	}
	return t, nil
}

// indexOf is the number of an interface in the calling thread's namespace
// (netdevice(7)); 0 if there is none of that name.
func indexOf(name string) (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return 0, os.NewSyscallError("netlink socket", err)
	}
	defer unix.Close(fd) //nolint:errcheck // nothing was written
	ifr, err := unix.NewIfreq(name)
	if err == nil {
		err = unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, ifr)
	}
	if err != nil {
		return 0, fmt.Errorf("look up %s: %w", name, err)
	}
	return int(ifr.Uint32()), nil
}

func (t taps) close() {
	var wg sync.WaitGroup
	for _, f := range t {
		wg.Go(func() { f.Close() }) // each waits
	}
	wg.Wait()
}

// silence ends all reading at once.
func (t taps) silence() {
	for _, f := range t {
		_ = f.SetReadDeadline(time.Unix(1, 0)) // fails only when closed
	}
}

// openPacketSocket makes a socket of type SOCK_DGRAM: its packets begin with the
// IP header. It is bound last, so that no packet gets by the filter.
func openPacketSocket(protocol uint16, filter []bpf.Instruction) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("packet socket", err)
	}
	f := os.NewFile(uintptr(fd), "packets of the services")
	program, err := assemble(filter)
	if err == nil {
		err = os.NewSyscallError("setsockopt SO_ATTACH_FILTER", unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, program))
	}
	if err == nil {
		err = os.NewSyscallError("setsockopt SO_RCVBUF", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, tapBuffer))
	}
	if err == nil {
		err = os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: bigEndian(protocol)}))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func assemble(filter []bpf.Instruction) (*unix.SockFprog, error) {
	raw, err := bpf.Assemble(filter)
	if err != nil {
		return nil, err
	}
	out := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		out[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return &unix.SockFprog{Len: uint16(len(out)), Filter: &out[0]}, nil
}

// The filters let through what is sent to R's own hardware address on a bridge, is
// no fragment, and is either a TCP SYN without ACK, RST and FIN, or an echo
// request.
var (
	filter4 = []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtInterfaceIndex},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: loopback, SkipTrue: 14},
		bpf.LoadExtension{Num: bpf.ExtType},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.PACKET_HOST, SkipTrue: 12},
		bpf.LoadAbsolute{Off: 6, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x3fff, SkipTrue: 10},
		bpf.LoadMemShift{Off: 0},
		bpf.LoadAbsolute{Off: 9, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_ICMP, SkipTrue: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_TCP, SkipTrue: 6},
		bpf.LoadIndirect{Off: 13, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0x17},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: flagSYN, SkipTrue: 2, SkipFalse: 3},
		bpf.LoadIndirect{Off: 0, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: echoAsk4, SkipTrue: 1},
		bpf.RetConstant{Val: largestPacket},
		bpf.RetConstant{Val: 0},
	}
	filter6 = []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtInterfaceIndex},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: loopback, SkipTrue: 11},
		bpf.LoadExtension{Num: bpf.ExtType},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.PACKET_HOST, SkipTrue: 9},
		bpf.LoadAbsolute{Off: 6, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_ICMPV6, SkipTrue: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_TCP, SkipTrue: 6},
		bpf.LoadAbsolute{Off: header6 + 13, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0x17},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: flagSYN, SkipTrue: 2, SkipFalse: 3},
		bpf.LoadAbsolute{Off: header6, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: echoAsk6, SkipTrue: 1},
		bpf.RetConstant{Val: largestPacket},
		bpf.RetConstant{Val: 0},
	}
)

// readTap hands over packets with the index of the interface that they came by,
// until the socket is silenced. The bytes are valid only during the call.
func readTap(f *os.File, got func(index int, b []byte)) {
	raw, err := f.SyscallConn()
	if err != nil {
		return
	}
	buf := make([]byte, largestPacket)
	for {
		var n int
		var from unix.Sockaddr
		var err error
		if raw.Read(func(fd uintptr) bool {
			n, from, err = unix.Recvfrom(int(fd), buf, 0)
			return !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR)
		}) != nil {
			return // silenced
		}
		if at, ok := from.(*unix.SockaddrLinklayer); ok && err == nil {
			got(at.Ifindex, buf[:n])
		} // else the error is taken off the socket by being read
	}
}

// bigEndian is v as the kernel wants a protocol's number (htons).
func bigEndian(v uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, v))
}

// loopback is the index of lo, the first interface of each namespace.
const loopback = 1
