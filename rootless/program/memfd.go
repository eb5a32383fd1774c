package program

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Image is the program as a sealed memory file, to be executed (portable =
// false) or to be given to [Run] (portable = true). A failing step is reported
// to descriptor status.
//
// Sealed, because what is in it is the first code of a process with all
// capabilities, and the sandbox may later see the file as /proc/1/exe.
func (p *Program) Image(status int, portable bool) (*os.File, error) {
	b, err := p.encode(status)
	if err != nil {
		return nil, err
	}
	if !portable {
		b = image(stubCode(), b)
	}
	f, err := Sealed("sandbox", bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("sandbox program: %w", err)
	}
	return f, nil
}

// Sealed is a memory file that can be executed and that nobody can change, with
// what r has. While this descriptor is open, which is for writing, execve(2) says
// ETXTBSY.
func Sealed(name string, r io.Reader) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_EXEC)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3 there is no MFD_EXEC, and all are executable
		fd, err = unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return nil, fmt.Errorf("memory file: %w", err)
	}
	f := os.NewFile(uintptr(fd), name)
	if _, err := io.Copy(f, r); err != nil {
		f.Close()
		return nil, fmt.Errorf("fill memory file: %w", err)
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		f.Close()
		return nil, fmt.Errorf("seal memory file: %w", err)
	}
	return f, nil
}

// Failure is a step that failed.
type Failure struct {
	Step  int
	Errno unix.Errno
}

// Report is what a program with marks has written to its status descriptor.
type Report struct {
	// Reached is the step of the last mark; -1 = none.
	Reached int
	Failure *Failure
}

// ParseReport reads the report of a program with marks; ok is false for anything
// but whole records.
func ParseReport(b []byte) (r Report, ok bool) {
	r.Reached = -1
	for ; len(b) >= 8; b = b[8:] {
		f, ok := ParseFailure(b[:8])
		switch {
		case !ok || r.Failure != nil:
			return r, false
		case f.Errno == 0:
			r.Reached = f.Step
		default:
			r.Failure = &f
		}
	}
	return r, len(b) == 0
}

// ParseFailure reads what the program wrote to its status descriptor; ok is
// false for anything but one whole report.
func ParseFailure(b []byte) (f Failure, ok bool) {
	if len(b) != 8 {
		return Failure{}, false
	}
	u := func(b []byte) uint32 {
		return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
	}
	return Failure{int(u(b[0:4])), unix.Errno(u(b[4:8]))}, true
}
