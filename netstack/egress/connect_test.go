package egress

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// A socket that the kernel has connected to itself reaches nobody.
func TestConnectedToItself(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	if err != nil {
		t.Fatal(err)
	}
	own, err := unix.Getsockname(fd)
	if err == nil {
		err = unix.Connect(fd, own)
	}
	if err != nil {
		t.Fatal(err)
	}
	if done, err := decision(fd); !done || !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("done %t, %v, want %v", done, err, unix.ECONNREFUSED)
	}
}
