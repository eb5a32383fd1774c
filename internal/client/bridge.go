package client

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// bridges are what an executed command gets for the caller's standard files.
// A pipe or a socket it gets itself. Anything else stays here, behind a pipe: a
// container that has a file can open it anew for writing, by /proc/self/fd, with
// the caller's rights, however it was opened first (proc(5)); and one that has
// the caller's terminal reads what the caller types.
type bridges struct {
	files  []*os.File // for the command: standard input, output, error
	opened []*os.File
	out    []*outgoing
}

// outgoing copies from a pipe into one of the caller's files.
type outgoing struct {
	from *os.File // does not block
	to   *os.File
	done chan struct{}
}

// bridge makes what is needed; close gives it back.
func (e *Env) bridge() (_ *bridges, err error) {
	b := &bridges{files: []*os.File{e.Stdin, e.Stdout, e.Stderr}}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if !harmless(e.Stdin) {
		if err := b.in(e.Stdin); err != nil {
			return nil, err
		}
	}
	if !harmless(e.Stdout) {
		if err := b.copyOut(1, e.Stdout); err != nil {
			return nil, err
		}
	}
	switch {
	case harmless(e.Stderr):
	case sameFile(e.Stdout, e.Stderr):
		b.files[2] = b.files[1] // in one pipe their order is kept
	default:
		if err := b.copyOut(2, e.Stderr); err != nil {
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
func (b *bridges) in(from *os.File) error {
	read, write, err := blockingPipe()
	if err != nil {
		return err
	}
	b.opened = append(b.opened, read)
	b.files[0] = read
	go func() {
		defer write.Close()
		_, _ = io.Copy(write, from) // the command need not read all of it
	}()
	return nil
}

func (b *bridges) copyOut(n int, to *os.File) error {
	read, write, err := blockingPipe()
	if err != nil {
		return err
	}
	b.opened = append(b.opened, write)
	b.files[n] = write
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

// drain copies what the command, which has ended, has left in the pipes. It does
// not wait for their end: what the command has left running may have them.
func (b *bridges) drain() error {
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

func (b *bridges) close() {
	for _, f := range b.opened {
		f.Close()
	}
	for _, o := range b.out {
		o.from.Close()
	}
}
