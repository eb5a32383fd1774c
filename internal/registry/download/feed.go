package download

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

const (
	// pipeSize is what a pipe may have at most without a privilege (pipe(7)).
	pipeSize = 1 << 20
	chunk    = 1 << 20
)

// Pipe is a pipe that holds much, where the kernel lets it.
func Pipe() (r, w *os.File, err error) {
	r, w, err = os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	conn, err := w.SyscallConn()
	if err == nil {
		_ = conn.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeSize) }) // a smaller one does too
	}
	return r, w, nil
}

// Feed is a reading of a part, from its beginning, while it grows.
type Feed struct {
	part    *Part
	aborted bool // under the part's lock
}

// Feed begins one.
func (p *Part) Feed() *Feed { return &Feed{part: p} }

// Abort ends the feed, whatever there is still.
func (f *Feed) Abort() {
	f.part.mu.Lock()
	f.aborted = true
	f.part.mu.Unlock()
	f.part.changed.Broadcast()
}

// wait is how much there is, as soon as it is more than at; less or the same: no
// more will come.
func (f *Feed) wait(at int64) int64 {
	p := f.part
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.size <= at && !p.ended && !f.aborted {
		p.changed.Wait()
	}
	if f.aborted {
		return 0
	}
	return p.size
}

// Into writes the part into a pipe, up to total bytes, as it comes, and closes
// the pipe. It ends early when nothing more comes, or when nobody reads any more,
// which is no error of ours.
//
// The pages of the page cache go into the pipe as they are (splice(2)): what came
// is copied once into the file, and once out of it by who reads.
func (f *Feed) Into(w *os.File, total int64) (err error) {
	p := f.part
	defer func() { err = errors.Join(err, w.Close()) }()
	conn, err := w.SyscallConn()
	if err != nil {
		return err
	}
	for at := int64(0); at < total; {
		have := min(f.wait(at), total)
		if have <= at {
			return nil
		}
		n, err := p.splice(conn.Write, at, have)
		if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) { // a file system without
			n, err = io.Copy(w, io.NewSectionReader(p.file, at, min(have-at, chunk)))
		}
		if errors.Is(err, unix.EPIPE) {
			return nil
		}
		if err != nil {
			return err
		}
		at += n
	}
	return nil
}

// splice moves some of the bytes from at to end.
func (p *Part) splice(write func(func(uintptr) bool) error, at, end int64) (n int64, err error) {
	in, err := p.file.SyscallConn()
	if err != nil {
		return 0, err
	}
	controlErr := in.Control(func(from uintptr) {
		writeErr := write(func(to uintptr) bool {
			var m int64
			off := at
			m, err = unix.Splice(int(from), &off, int(to), nil, int(min(end-at, chunk)), unix.SPLICE_F_NONBLOCK)
			n = max(m, 0)
			return err != unix.EAGAIN && err != unix.EINTR
		})
		err = errors.Join(err, writeErr)
	})
	if err == nil && controlErr == nil && n == 0 {
		err = io.ErrUnexpectedEOF // somebody has cut the file
	}
	return n, errors.Join(err, controlErr)
}
