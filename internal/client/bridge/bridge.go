package bridge

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Bridges are what an executed command gets for the caller's standard files.
// A pipe or a socket it gets itself. Anything else stays here, behind a pipe: a
// container that has a file can open it anew for writing, by /proc/self/fd, with
// the caller's rights, however it was opened first (proc(5)); and one that has
// the caller's terminal reads what the caller types.
type Bridges struct {
	Files  []*os.File // for the command: standard input, output, error
	opened []*os.File
	out    []*outgoing
}

// outgoing copies from a pipe into one of the caller's files.
type outgoing struct {
	from *os.File // does not block
	to   *os.File
	done chan struct{}
}

// New makes what the caller's standard files need; Close gives it back.
func New(stdin, stdout, stderr *os.File) (_ *Bridges, err error) {
	b := &Bridges{Files: []*os.File{stdin, stdout, stderr}}
	defer func() {
		if err != nil {
			b.Close()
		}
	}()
	if !harmless(stdin) {
		if err := b.in(stdin); err != nil {
			return nil, err
		}
	}
	if !harmless(stdout) {
		if err := b.copyOut(1, stdout); err != nil {
			return nil, err
		}
	}
	switch {
	case harmless(stderr):
	case sameFile(stdout, stderr):
		b.Files[2] = b.Files[1] // in one pipe their order is kept
	default:
		if err := b.copyOut(2, stderr); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// harmless tells files that a container may have: of a pipe or a socket it
// gets nothing more than the caller has given, nor of /dev/null.
func harmless(f *os.File) bool {
	st, err := f.Stat()
	if err != nil {
		return true // closed: so it will be for the command
	}
	if st.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0 {
		return true
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(st, null)
}

func sameFile(a, b *os.File) bool {
	as, aerr := a.Stat()
	bs, berr := b.Stat()
	return aerr == nil && berr == nil && os.SameFile(as, bs)
}

// in copies from the caller's standard input until its end, or ours.
func (b *Bridges) in(from *os.File) error {
	read, write, err := Pipe()
	if err != nil {
		return err
	}
	b.opened = append(b.opened, read)
	b.Files[0] = read
	go func() {
		defer write.Close()
		_, _ = io.Copy(write, from) // the command need not read all of it
	}()
	return nil
}

func (b *Bridges) copyOut(n int, to *os.File) error {
	read, write, err := Pipe()
	if err != nil {
		return err
	}
	b.opened = append(b.opened, write)
	b.Files[n] = write
	fd := int(read.Fd())
	if err := unix.SetNonblock(fd, true); err != nil { // of this end alone
		read.Close()
		return err
	}
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	read.Close()
	if err != nil {
		return err
	}
	o := &outgoing{from: os.NewFile(uintptr(dup), "output"), to: to, done: make(chan struct{})}
	b.out = append(b.out, o)
	go func() {
		defer close(o.done)
		_, _ = io.Copy(o.to, o.from)
	}()
	return nil
}

// Drain copies what the command, which has ended, has left in the pipes. It does
// not wait for their end: what the command has left running may have them.
func (b *Bridges) Drain() error {
	var errs []error
	for _, o := range b.out {
		errs = append(errs, o.from.SetReadDeadline(time.Now()))
		<-o.done
		errs = append(errs, o.rest())
	}
	return errors.Join(errs...)
}

func (o *outgoing) rest() error {
	raw, err := o.from.SyscallConn()
	if err != nil {
		return err
	}
	buf := make([]byte, 1<<16)
	var failed error
	cerr := raw.Control(func(fd uintptr) {
		for {
			n, err := unix.Read(int(fd), buf)
			if err == unix.EINTR {
				continue
			}
			if err != nil || n <= 0 {
				return // empty, or at its end
			}
			if _, failed = o.to.Write(buf[:n]); failed != nil {
				return
			}
		}
	})
	return errors.Join(cerr, failed)
}

// Null gives a command that nobody listens to nothing to read and nobody to write to.
func Null() (*Bridges, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return &Bridges{Files: []*os.File{null, null, null}, opened: []*os.File{null}}, nil
}

// Close gives back what New made.
func (b *Bridges) Close() {
	for _, f := range b.opened {
		f.Close()
	}
	for _, o := range b.out {
		o.from.Close()
	}
}

// Pipe makes a pipe whose reader, a container, does not see EAGAIN, as
// it would with os.Pipe.
func Pipe() (read, write *os.File, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, fmt.Errorf("pipe for standard input: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "stdin"), os.NewFile(uintptr(fds[1]), "stdin"), nil
}
