package egress

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Types of linux/icmp.h and linux/icmpv6.h.
const (
	destinationUnreachable4 = 3
	destinationUnreachable6 = 1
	timeExceeded4           = 11
	timeExceeded6           = 3
	echoReply4, echoReply6  = 0, 129
	echoAsk4, echoAsk6      = 8, 128
)

// reason is the code of an ICMP destination unreachable (RFC 792, RFC 1812 5.2.7.1,
// RFC 4443 3.1), chosen so that the sender's kernel gives its program the errno
// that we got (icmp(7); icmp_err_convert and icmpv6_err_convert in the kernel).
type reason struct{ code4, code6 byte }

var (
	noRoute    = reason{0, 0}  // ENETUNREACH
	noHost     = reason{1, 3}  // EHOSTUNREACH
	noPort     = reason{3, 4}  // ECONNREFUSED
	prohibited = reason{13, 1} // EHOSTUNREACH, and EACCES for IPv6
)

// verdict is what the sender of a packet is told.
type verdict int

const (
	say    verdict = iota // an ICMP error, with a reason
	refuse                // the machine is there, the port is closed
	ignore                // nothing, as nothing came to us
)

// answerTo chooses what to tell about an error of ours.
func answerTo(err error) (verdict, reason) {
	var errno unix.Errno
	switch {
	case errors.Is(err, errIgnored), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.Canceled):
		return ignore, reason{}
	case !errors.As(err, &errno):
		return ignore, reason{}
	}
	switch errno {
	case unix.ECONNREFUSED:
		return refuse, noPort
	case unix.ENETUNREACH, unix.EAFNOSUPPORT, unix.EADDRNOTAVAIL, unix.ENETDOWN, unix.ENONET:
		return say, noRoute
	case unix.EHOSTUNREACH, unix.EHOSTDOWN:
		return say, noHost
	case unix.EACCES, unix.EPERM:
		return say, prohibited
	case unix.EINVAL, unix.EPROTO, unix.ENOPROTOOPT:
		return say, noHost
	}
	// ETIMEDOUT, and lack of descriptors or memory here: the sender tries again.
	return ignore, reason{}
}
