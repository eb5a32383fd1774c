package carry

import (
	"os"

	"golang.org/x/sys/unix"
)

// Deafen has a UDP socket get nothing until [Undeafen]: between bind(2) and connect(2)
// it would get what anybody sends to its address, also when that is not ours.
func Deafen(fd int) error {
	nothing := unix.SockFprog{Len: 1, Filter: &unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}}
	return os.NewSyscallError("setsockopt SO_ATTACH_FILTER", unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &nothing))
}

// Undeafen lets it get what comes from its peer.
func Undeafen(fd int) error {
	return os.NewSyscallError("setsockopt SO_DETACH_FILTER", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0))
}
