package journal

import (
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Socket is where the journal listens. socketVar in the environment names another, for
// tests.
const (
	Socket    = "/run/systemd/journal/socket"
	socketVar = "MOCKER_FORCE_JOURNAL"
)

func socketPath() string {
	if p := os.Getenv(socketVar); p != "" {
		return p
	}
	return Socket
}

// Available says why there is no journal here, nil if there is one.
func Available() error {
	c, err := dial()
	if err == nil {
		err = c.Close()
	}
	return err
}

func dial() (*net.UnixConn, error) {
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socketPath(), Net: "unixgram"})
	if err != nil {
		return nil, silent(err)
	}
	return c, nil
}

// send sends one entry. What is too large for a datagram goes in a sealed file.
func send(c *net.UnixConn, entry []byte) error {
	_, err := c.Write(entry)
	if !errors.Is(err, unix.EMSGSIZE) && !errors.Is(err, unix.ENOBUFS) {
		return err
	}
	fd, err := unix.MemfdCreate("journal-entry", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return fmt.Errorf("make a file for a large entry: %w", err)
	}
	f := os.NewFile(uintptr(fd), "journal-entry")
	defer f.Close()
	if _, err := f.Write(entry); err != nil {
		return fmt.Errorf("write a large entry: %w", err)
	}
	const all = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, all); err != nil {
		return fmt.Errorf("seal a large entry: %w", err)
	}
	return sendFile(c, fd)
}

// sendFile sends an open file alone. Package net refuses to on a connected socket.
func sendFile(c *net.UnixConn, fd int) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var sent error
	err = raw.Write(func(socket uintptr) (done bool) {
		sent = unix.Sendmsg(int(socket), nil, unix.UnixRights(fd), nil, 0)
		return !errors.Is(sent, unix.EAGAIN)
	})
	return errors.Join(err, sent)
}

// silent says that the journal does not answer, and why, without package net's words.
func silent(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return fmt.Errorf("the systemd journal does not answer at %s: %w", socketPath(), err)
}
