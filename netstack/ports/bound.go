package ports

import (
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// boundHolder finds the process whose TCP socket is bound in the way of at and
// does not listen, as that of a published port behind which nobody listens:
// /proc/net/tcp does not have those. It asks a copy of each socket that we may
// copy (pidfd_getfd(2), Linux 5.6) for its address; PID 0 = none was found.
func boundHolder(at netip.AddrPort) Holder {
	none := Holder{UID: -1}
	dirs, err := filepath.Glob("/proc/[0-9]*/fd")
	if err != nil {
		return none
	}
	own, here := os.Getpid(), cookieHere()
	for _, dir := range dirs {
		pid, err := strconv.Atoi(strings.Split(dir, "/")[2])
		if err != nil || !bindsInTheWay(pid, dir, here, at) {
			continue
		}
		h := Holder{PID: pid, Command: commandOf(pid), UID: os.Getuid()}
		if pid != own {
			return h
		}
		none = h // perhaps only a copy of somebody else's
	}
	return none
}

// bindsInTheWay tells whether a process has such a socket.
func bindsInTheWay(pid int, dir string, here uint64, at netip.AddrPort) bool {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		return false // not ours to see, or it has ended
	}
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return false
	}
	defer unix.Close(process)
	for _, e := range entries {
		link, err := os.Readlink(filepath.Join(dir, e.Name()))
		n, err2 := strconv.Atoi(e.Name())
		if err != nil || err2 != nil || !strings.HasPrefix(link, "socket:") {
			continue
		}
		fd, err := unix.PidfdGetfd(process, n, 0)
		if err != nil {
			continue
		}
		found := cookieOf(fd) == here && boundInTheWay(fd, at)
		unix.Close(fd)
		if found {
			return true
		}
	}
	return false
}

// cookieHere is that of our own net namespace.
func cookieHere() uint64 {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	return cookieOf(fd)
}

// cookieOf names the net namespace of a socket: that of a container may have the
// same address bound, and be in nobody's way here. It is 0 before Linux 5.14
// (SO_NETNS_COOKIE).
func cookieOf(fd int) uint64 {
	cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	if err != nil {
		return 0
	}
	return cookie
}

// boundInTheWay tells it of one socket. A connected one has its port of a
// listening one or for itself, and is in nobody's way.
func boundInTheWay(fd int, at netip.AddrPort) bool {
	protocol, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	if err != nil || protocol != unix.IPPROTO_TCP {
		return false
	}
	if _, err := unix.Getpeername(fd); err == nil {
		return false
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return false
	}
	var have netip.AddrPort
	switch a := name.(type) {
	case *unix.SockaddrInet4:
		have = netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		have = netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	}
	return inTheWay(have, at)
}
