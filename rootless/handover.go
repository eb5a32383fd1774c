package rootless

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// handOverSocket makes the two ends of the socket on which a child hands over
// (program.HandOver). Theirs blocks: it is read by somebody who cannot poll.
func handOverSocket() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "hand-over"), os.NewFile(uintptr(fds[1]), "hand-over"), nil
}

// handOver waits for the child's successor, answers the launch with it, and lets
// it go on. The line of the table is the first process's until then. A child that
// ends before, or takes too long, stays the one that the answer is about: its
// status pipe tells how far it came. A successor that it made and could not tell of is
// in its process group: it finds the socket closed, or was killed with the first, and is
// collected.
func (h *projectHolder) handOver(c *wire.Conn, seq int, ch *child, sock *os.File, limit time.Duration) {
	defer sock.Close()
	next, late := receiveChild(sock, ch.pidfd, limit)
	if next == nil {
		_ = sendSignal(ch.pidfd, unix.SIGKILL) // in vain if it has ended
		sock.Close()
		first := awaitEnd(ch.pidfd, unix.WEXITED|unix.WNOWAIT).pid
		defer collectGroup(first) // when the first itself was collected
	} else {
		h.mu.Lock()
		first := ch.pidfd
		ch.pidfd = next
		h.mu.Unlock()
		collect(first)
		first.Close()
	}
	err := c.Send(holderAnswer{Seq: seq, Children: []ChildInfo{ch.ChildInfo}, Late: late}, ch.pidfd)
	if next != nil && err == nil {
		_, _ = sock.Write([]byte{1})
	} // else nobody knows of it: it finds the socket closed, and ends
	sock.Close() // what was written is there to be read
	h.wait(ch)
}

// receiveChild returns the pidfd of the successor, nil if there will be none: the
// first has ended, or is late.
func receiveChild(sock, first *os.File, limit time.Duration) (next *os.File, late bool) {
	deadline := time.Now().Add(limit)
	for {
		p := []unix.PollFd{{Fd: int32(wire.FD(sock)), Events: unix.POLLIN}, {Fd: int32(wire.FD(first)), Events: unix.POLLIN}}
		n, err := unix.Poll(p, int(max(0, time.Until(deadline)).Milliseconds()))
		if err == unix.EINTR && time.Now().Before(deadline) {
			continue
		}
		if n <= 0 {
			return nil, true
		}
		break
	}
	oob := make([]byte, unix.CmsgSpace(4))
	_, oobn, _, _, err := unix.Recvmsg(wire.FD(sock), make([]byte, 1), oob, unix.MSG_CMSG_CLOEXEC|unix.MSG_DONTWAIT)
	if err != nil || oobn == 0 {
		return nil, false
	}
	list, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil || len(list) != 1 {
		return nil, false
	}
	fds, err := unix.ParseUnixRights(&list[0])
	if err != nil || len(fds) != 1 {
		return nil, false
	}
	return pollable(fds[0]), false
}

// some is a list of f, empty if it is nil.
func some(f *os.File) []*os.File {
	if f == nil {
		return nil
	}
	return []*os.File{f}
}
