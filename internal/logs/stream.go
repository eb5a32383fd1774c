package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Sizes that a Stream gets where it names none.
const (
	DefaultMaxSize  = 64 << 20 // bytes; a rotation costs some tenths of a millisecond (two files are made)
	DefaultMaxFiles = 3
	minMaxSize      = 4 << 10
)

// Stream is one output of a container.
type Stream struct {
	Dir  string // the container's log directory; made, mode 0700, with the first byte
	Name string // "stdout" or "stderr"

	// Pipe is the read end. The mover duplicates it: the caller may close its
	// own, or keep it for a next supervisor.
	Pipe *os.File

	Bounds
}

// Bounds are what a stream may keep, and who waits when it cannot.
type Bounds struct {
	MaxSize  int64 // bytes of a segment and its index before the next one begins; 0 = DefaultMaxSize
	MaxFiles int   // segments that are kept; 0 = DefaultMaxFiles
	// NonBlocking: the writer never waits. What the disk does not take is thrown away
	// and counted, and rotation waits for no reader.
	NonBlocking bool
}

// complete puts the defaults in.
func (b Bounds) complete() Bounds {
	if b.MaxSize <= 0 {
		b.MaxSize = DefaultMaxSize
	}
	b.MaxSize = max(b.MaxSize, minMaxSize)
	if b.MaxFiles <= 0 {
		b.MaxFiles = DefaultMaxFiles
	}
	return b
}

// stream is a Stream being moved. Only the mover's thread touches it.
type stream struct {
	Stream
	space *space
	pipe  int
	small int  // bytes that leave most of the pipe's space free; 0 until the first byte
	fresh bool // there are no files of it yet

	number int    // of the current segment
	old    []int  // numbers of the older ones, oldest first
	base   uint64 // bytes of the stream before the current segment
	size   uint64 // of the current segment
	log    int    // descriptor, -1 until the first byte
	index  *indexWriter
	last   record // the current index's last, when index.n > 0

	copying atomic.Bool // splice is refused: read and write
	pending []byte      // read and not yet written, only when copying
	blocked error       // why nothing can be stored, nil if it can
	ended   bool        // no write end is left
	moved   uint64      // bytes, since Add
	lost    uint64      // of them thrown away, since the last time that bytes were stored
}

// openStream takes over what is in the directory, whatever a killed
// predecessor left there. Where nothing is, nothing is made before the first
// byte: most containers write to one of their streams only, and files cost more
// than all else here.
func openStream(s Stream) (_ *stream, err error) {
	s.Bounds = s.complete()
	t := &stream{Stream: s, pipe: -1, log: -1}
	defer func() {
		if err != nil {
			t.close()
		}
	}()
	if t.pipe, err = duplicate(s.Pipe); err != nil {
		return nil, fmt.Errorf("take over the pipe of log %s/%s: %w", s.Dir, s.Name, err)
	}
	return t, nil
}

// exists is one system call. Any other trouble with the directory is found
// when it is used.
func exists(dir string) bool {
	return !errors.Is(unix.Access(dir, unix.F_OK), unix.ENOENT)
}

// duplicate does not use Fd, which would take the file from Go's poller and
// set its mode.
func duplicate(f *os.File) (int, error) {
	c, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd, dupErr := -1, error(nil)
	err = c.Control(func(p uintptr) { fd, dupErr = unix.FcntlInt(p, unix.F_DUPFD_CLOEXEC, 3) })
	return fd, errors.Join(err, dupErr)
}

// adopt opens the newest segment and clears what an interrupted rotation left:
// an index is made before its log, a log is removed before its index. So the
// newest file of either kind names the current segment, and an older index
// without a log is rubbish.
func (t *stream) adopt(have files, seq uint64) (err error) {
	defer func() {
		if err != nil {
			t.closeSegment()
		}
	}()
	t.old = nil
	logs := map[int]bool{}
	for _, n := range have.logs {
		logs[n] = true
	}
	for _, n := range have.indexes {
		if !logs[n] && n < have.last() {
			if err := os.Remove(t.indexPath(n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove the index of a removed log segment: %w", err)
			}
		}
	}
	n := have.last()
	if t.fresh = n == 0; t.fresh {
		return nil
	}
	for _, o := range have.logs {
		if o < n {
			t.old = append(t.old, o)
		}
	}
	if !logs[n] {
		return t.begin(n, t.end(n), record{seq: seq})
	}
	return t.open(n)
}

// end is the number of bytes of the stream before segment n.
func (t *stream) end(n int) uint64 {
	if len(t.old) == 0 {
		return 0
	}
	before := t.old[len(t.old)-1]
	st, err := os.Stat(t.logPath(before))
	if err != nil {
		return 0
	}
	f, err := os.Open(t.indexPath(before))
	if err != nil {
		return uint64(st.Size())
	}
	defer f.Close()
	base, _ := (&indexReader{f: f}).base()
	return base + uint64(st.Size())
}

// close releases everything; what is on disk is always complete.
func (t *stream) close() {
	t.closeSegment()
	if t.pipe >= 0 {
		_ = unix.Close(t.pipe)
		t.pipe = -1
	}
}

func (t *stream) closeSegment() {
	if t.index != nil {
		_ = t.index.close()
		t.index = nil
	}
	if t.log >= 0 {
		_ = unix.Close(t.log)
		t.log = -1
	}
}
