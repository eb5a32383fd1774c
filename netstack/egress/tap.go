package egress

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// tap is a pair of packet sockets (packet(7)) on one bridge, one for each address
// family: a socket for all protocols would see what leaves the bridge too, and
// make the kernel copy it.
type tap struct{ files []*os.File }

// tapBuffer bounds what waits to be read: some hundreds of SYNs. What does not
// fit is dropped, and repeated by its sender.
const tapBuffer = 512 << 10

// largestPacket is an IP packet without jumbo option.
const largestPacket = 65535

// openTap makes the sockets in the calling thread's namespace.
func openTap(link Link) (*tap, error) {
	if os.Getenv("MOCKER_FORCE_NO_PACKET") != "" {
		return nil, fmt.Errorf("packet socket: turned off by MOCKER_FORCE_NO_PACKET: %w", unix.EPERM)
	}
	index, err := indexOf(link.Bridge)
	if err != nil {
		return nil, err
	}
	t := &tap{}
	for _, f := range []struct {
		protocol uint16
		filter   []bpf.Instruction
	}{{unix.ETH_P_IP, filter4}, {unix.ETH_P_IPV6, filter6}} {
		file, err := openPacketSocket(link.Bridge, index, f.protocol, f.filter)
		if err != nil {
			t.close()
			return nil, fmt.Errorf("packet socket on %s: %w", link.Bridge, err)
		}
		t.files = append(t.files, file)
	}
	return t, nil
}

// indexOf is the number of an interface in the calling thread's namespace
// (netdevice(7)).
func indexOf(name string) (int, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, os.NewSyscallError("packet socket", err)
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

func (t *tap) close() {
	for _, f := range t.files {
		f.Close()
	}
}

// openPacketSocket makes a socket of type SOCK_DGRAM: its packets begin with the
// IP header. It is bound last, so that no packet gets by the filter.
func openPacketSocket(bridge string, index int, protocol uint16, filter []bpf.Instruction) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), "packets of "+bridge)
	program, err := assemble(filter)
	if err == nil {
		err = os.NewSyscallError("setsockopt SO_ATTACH_FILTER", unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, program))
	}
	if err == nil {
		err = os.NewSyscallError("setsockopt SO_RCVBUF", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, tapBuffer))
	}
	if err == nil {
		err = os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: bigEndian(protocol), Ifindex: index}))
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

// The filters let through what is sent to the bridge's own hardware address, is
// no fragment, and is either a TCP SYN without ACK, RST and FIN, or an echo
// request.
var (
	filter4 = []bpf.Instruction{
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

// read hands over packets, until the socket is closed. The bytes are valid only
// during the call.
func (t *tap) read(f *os.File, got func(b []byte)) {
	buf := make([]byte, largestPacket)
	for {
		n, err := f.Read(buf)
		switch {
		case err == nil:
			got(buf[:n])
		case errors.Is(err, unix.ENETDOWN): // said once, when the bridge goes down
		default:
			return
		}
	}
}

// bigEndian is v as the kernel wants a protocol's number (htons).
func bigEndian(v uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, v))
}
