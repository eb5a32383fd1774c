package logs

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// indexWriter stores the records of one index through a shared mapping of the
// part that is being filled, its window: a store costs no system call, and
// survives a kill because the page belongs to the file.
//
// A store into a mapping cannot say that the disk is full; it raises SIGBUS.
// So a window is allocated (fallocate(2)) before it is mapped. File systems
// that cannot promise that (copy on write, network) may still raise it: the
// mover's thread turns it into a panic (debug.SetPanicOnFault), and from then
// on this index is written by pwrite(2).
type indexWriter struct {
	fd     int
	path   string
	n      int // records stored
	window []byte
	number int  // of the window in the file
	plain  bool // pwrite instead of a mapping
}

// windowSize is three pages: the smallest size that holds whole records and
// whole pages, for any page size. Small, because mapped pages count as ours.
var windowSize = 3 * os.Getpagesize()

var errMapping = errors.New("the mapping of the log index failed")

// prepare makes room for record i, so that store cannot fail for want of space.
func (x *indexWriter) prepare(i int) error {
	number := (i + 1) * recordSize / windowSize
	if x.plain || (x.window != nil && x.number == number) {
		return nil
	}
	at := int64(number) * int64(windowSize)
	err := restart(func() error { return unix.Fallocate(x.fd, 0, at, int64(windowSize)) })
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		x.plain = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("grow log index %s: %w", x.path, err)
	}
	x.unmap()
	b, err := unix.Mmap(x.fd, at, windowSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		x.plain = true // ENODEV: files here cannot be mapped
		return nil
	}
	x.window, x.number = b, number
	return nil
}

// store writes record i. The index must have been prepared for it.
func (x *indexWriter) store(i int, r record) error {
	if err := x.storeSlot(i+1, r); err != nil {
		return err
	}
	x.n = max(x.n, i+1)
	return nil
}

// header writes slot 0, through the mapping if that is where the window is.
func (x *indexWriter) header(base uint64) error {
	return x.storeSlot(0, record{seq: indexMagic, wall: int64(base)})
}

// fill makes a new index: the header and a first record.
func (x *indexWriter) fill(base uint64, first record) error {
	if err := x.prepare(0); err != nil {
		return err
	}
	if err := x.header(base); err != nil {
		return err
	}
	if first.seq == 0 {
		return nil
	}
	return x.store(0, first)
}

func (x *indexWriter) storeSlot(slot int, r record) error {
	if x.window != nil {
		if err := x.storeMapped(slot, r); err == nil {
			return nil
		}
		x.unmap()
		x.plain = true
	}
	// Two writes, seq last: a write that crosses a page may be cut by a kill.
	b, at := r.encode(), int64(slot)*recordSize
	if err := writeAt(x.fd, b[8:], at+8); err != nil {
		return fmt.Errorf("write log index %s: %w", x.path, err)
	}
	if err := writeAt(x.fd, b[:8], at); err != nil {
		return fmt.Errorf("write log index %s: %w", x.path, err)
	}
	return nil
}

func (x *indexWriter) storeMapped(slot int, r record) (err error) {
	defer func() {
		if recover() != nil {
			err = errMapping
		}
	}()
	r.storeAt(x.window[slot*recordSize-x.number*windowSize:])
	return nil
}

func writeAt(fd int, b []byte, at int64) error {
	for len(b) > 0 {
		var n int
		err := restart(func() (err error) { n, err = unix.Pwrite(fd, b, at); return err })
		if err != nil {
			return err
		}
		b, at = b[n:], at+int64(n)
	}
	return nil
}

func (x *indexWriter) unmap() {
	if x.window != nil {
		_ = unix.Munmap(x.window)
		x.window = nil
	}
}

func (x *indexWriter) close() error {
	x.unmap()
	return unix.Close(x.fd)
}

// restart repeats a system call that a signal interrupted (Go's own
// preemption sends some).
func restart(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
