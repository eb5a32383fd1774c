package wire

import "os"

// FD is the descriptor of f, -1 if f is closed. os.File.Fd would set the open
// file description, which other processes share, to blocking mode. The caller
// keeps f alive and open while it uses the number.
func FD(f *os.File) int {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1
	}
	n := -1
	if err := raw.Control(func(fd uintptr) { n = int(fd) }); err != nil {
		return -1
	}
	return n
}
