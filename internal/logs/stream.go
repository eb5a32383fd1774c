package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Sizes that a Stream gets where it names none.
const (
	DefaultMaxSize  = 64 << 20 // bytes; a rotation costs some milliseconds (two files are made)
	DefaultMaxFiles = 3
	minMaxSize      = 4 << 10
)

// Stream is one output of a container.
type Stream struct {
	Dir  string // the container's log directory; made, mode 0700, if missing
	Name string // "stdout" or "stderr"

	// Pipe is the read end. The mover duplicates it: the caller may close its
	// own, or keep it for a next supervisor.
	Pipe *os.File

	MaxSize  int64 // bytes of a segment and its index before the next one begins; 0 = DefaultMaxSize
	MaxFiles int   // segments that are kept; 0 = DefaultMaxFiles
}

// stream is a Stream being moved. Only the mover's thread touches it.
type stream struct {
	Stream
	root *os.Root
	pipe int

	number int    // of the current segment
	old    []int  // numbers of the older ones, oldest first
	base   uint64 // bytes of the stream before the current segment
	size   uint64 // of the current segment
	log    *os.File
	index  *indexWriter
	last   record // the current index's last, when index.n > 0

	copying bool   // splice is refused: read and write
	pending []byte // read and not yet written, only when copying
	blocked error  // why nothing can be stored, nil if it can
	ended   bool   // no write end is left
	moved   uint64 // bytes, since Add
}

// openStream takes over what is in the directory, whatever a killed
// predecessor left there, or begins anew.
func openStream(s Stream, seq uint64) (_ *stream, err error) {
	if s.MaxSize <= 0 {
		s.MaxSize = DefaultMaxSize
	}
	s.MaxSize = max(s.MaxSize, minMaxSize)
	if s.MaxFiles <= 0 {
		s.MaxFiles = DefaultMaxFiles
	}
	t := &stream{Stream: s, pipe: -1}
	defer func() {
		if err != nil {
			t.close()
		}
	}()
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make log directory: %w", err)
	}
	if t.root, err = os.OpenRoot(s.Dir); err != nil {
		return nil, fmt.Errorf("open log directory: %w", err)
	}
	if t.pipe, err = duplicate(s.Pipe); err != nil {
		return nil, fmt.Errorf("take over the pipe of log %s/%s: %w", s.Dir, s.Name, err)
	}
	// On a full disk the first move tries again.
	if err := t.adopt(seq); err != nil && !outOfSpace(err) {
		return nil, err
	}
	return t, nil
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
func (t *stream) adopt(seq uint64) (err error) {
	defer func() {
		if err != nil {
			t.closeSegment()
		}
	}()
	streams, err := listFiles(t.Dir)
	if err != nil {
		return err
	}
	t.old = nil
	have := streams[t.Name]
	logs := map[int]bool{}
	for _, n := range have.logs {
		logs[n] = true
	}
	for _, n := range have.indexes {
		if !logs[n] && n < have.last() {
			if err := t.root.Remove(indexFile(t.Name, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove the index of a removed log segment: %w", err)
			}
		}
	}
	n := have.last()
	if n == 0 {
		return t.begin(1, 0, record{seq: seq})
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
	st, err := t.root.Stat(logFile(t.Name, before))
	if err != nil {
		return 0
	}
	f, err := t.root.Open(indexFile(t.Name, before))
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
	if t.root != nil {
		_ = t.root.Close()
		t.root = nil
	}
}

func (t *stream) closeSegment() {
	if t.index != nil {
		_ = t.index.close()
		t.index = nil
	}
	if t.log != nil {
		_ = t.log.Close()
		t.log = nil
	}
}
