package netstack

import (
	"fmt"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// rtnetlink is a netlink socket in the namespace of the thread that made it. It
// is outside Go's poller: the kernel carries a request out while it is being
// sent (netlink(7)), so that its answer is there when sending returns, and to
// watch the socket would cost more than the request.
type rtnetlink int

// openRTNetlink makes one in the calling thread's namespace.
func openRTNetlink() (rtnetlink, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return -1, fmt.Errorf("netlink socket: %w", err)
	}
	return rtnetlink(fd), nil
}

func (r rtnetlink) close() { unix.Close(int(r)) } //nolint:errcheck // nothing is buffered

// request is one message to the kernel, with the words for its failure.
type request struct {
	what string
	*nl.NetlinkRequest
}

func newRequest(kind, flags int, data ...nl.NetlinkRequestData) request {
	r := nl.NewNetlinkRequest(kind, flags)
	r.Data = data
	return request{NetlinkRequest: r}
}

// named says what the request is for: "what: EEXIST".
func (r request) named(format string, args ...any) request {
	r.what = fmt.Sprintf(format, args...)
	return r
}

// do sends the requests in one packet, which the kernel carries out in order,
// and returns the first error. A request that fails does not stop those after
// it. answer gets what the kernel says besides; nil: nothing is expected.
func (r rtnetlink) do(answer func(body []byte), requests ...request) error {
	var packet []byte
	for i, q := range requests {
		if i == len(requests)-1 {
			q.Flags |= unix.NLM_F_ACK // errors are told without being asked for
		}
		packet = append(packet, q.Serialize()...)
	}
	if _, err := unix.Write(int(r), packet); err != nil {
		return fmt.Errorf("netlink: send: %w", err)
	}
	var first error
	var buf [8192]byte
	for {
		n, err := unix.Read(int(r), buf[:])
		if err != nil {
			return fmt.Errorf("netlink: %s: no answer: %w", requests[len(requests)-1].what, err)
		}
		messages, err := syscall.ParseNetlinkMessage(buf[:n])
		if err != nil {
			return fmt.Errorf("netlink: answer: %w", err)
		}
		for _, m := range messages {
			done, err := verdict(m, requests)
			if first == nil {
				first = err
			}
			if done {
				return first
			}
			if m.Header.Type != unix.NLMSG_ERROR && answer != nil {
				answer(m.Data)
			}
		}
	}
}

// verdict is what an NLMSG_ERROR says: of which request, and whether that is
// the last one. Its number 0 means success.
func verdict(m syscall.NetlinkMessage, requests []request) (done bool, err error) {
	if m.Header.Type != unix.NLMSG_ERROR || len(m.Data) < 4 {
		return false, nil
	}
	for i, q := range requests {
		if q.Seq != m.Header.Seq {
			continue
		}
		if code := -int32(nl.NativeEndian().Uint32(m.Data)); code != 0 {
			err = fmt.Errorf("%s: %w", q.what, unix.Errno(code))
		}
		return i == len(requests)-1, err
	}
	return false, nil
}

// indexOf is the number of an interface in the socket's namespace (netdevice(7),
// SIOCGIFINDEX): much cheaper than RTM_GETLINK, which tells everything.
func (r rtnetlink) indexOf(name string) (uint32, error) {
	ifr, err := unix.NewIfreq(name)
	if err == nil {
		err = unix.IoctlIfreq(int(r), unix.SIOCGIFINDEX, ifr)
	}
	if err != nil {
		return 0, fmt.Errorf("look up %s: %w", name, err)
	}
	return ifr.Uint32(), nil
}

// upRequest sets an interface up, with attributes.
func upRequest(index uint32, attributes ...nl.NetlinkRequestData) request {
	head := nl.NewIfInfomsg(unix.AF_UNSPEC)
	head.Index, head.Flags, head.Change = int32(index), unix.IFF_UP, unix.IFF_UP
	return newRequest(unix.RTM_NEWLINK, 0, append([]nl.NetlinkRequestData{head}, attributes...)...)
}

// setRequest changes attributes of an interface.
func setRequest(index uint32, attributes ...nl.NetlinkRequestData) request {
	head := nl.NewIfInfomsg(unix.AF_UNSPEC)
	head.Index = int32(index)
	return newRequest(unix.RTM_NEWLINK, 0, append([]nl.NetlinkRequestData{head}, attributes...)...)
}

// loopback is the index of lo, the first interface of each namespace.
const loopback = 1

// loopbackUp gives a namespace its loopback (127.0.0.1 and ::1 come by themselves).
func loopbackUp() request { return upRequest(loopback).named("set lo up") }
