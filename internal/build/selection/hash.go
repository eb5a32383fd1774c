package selection

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// sum is a SHA-256.
type sum = [sha256.Size]byte

// hasher makes the digest of entries.
type hasher struct {
	tree *Tree
	sums []sum // of the entries that are files
	// gone are files that were removed since they were listed. Each is one goroutine's.
	gone []bool
}

func (h *hasher) all(ctx context.Context, found []found) (string, error) {
	h.sums = make([]sum, len(found))
	var unknown []int
	for i := range found {
		e := &found[i]
		if e.Seen.Mode&unix.S_IFMT != unix.S_IFREG {
			continue
		}
		if s, ok := h.tree.Cache.get(e); ok {
			h.sums[i] = s
			continue
		}
		unknown = append(unknown, i)
	}
	h.gone = make([]bool, len(found))
	if err := h.read(ctx, found, unknown); err != nil {
		return "", err
	}
	d := sha256.New()
	for i := range found {
		if h.gone[i] {
			continue
		}
		if err := h.entry(d, &found[i], &h.sums[i]); err != nil {
			return "", err
		}
	}
	return "sha256:" + hex.EncodeToString(d.Sum(nil)), nil
}

// read hashes files, as many at a time as there are processors.
func (h *hasher) read(ctx context.Context, found []found, which []int) error {
	var next atomic.Int64
	var group sync.WaitGroup
	var once sync.Once
	var first error
	stop, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for range min(runtime.GOMAXPROCS(0), len(which)) {
		group.Go(func() {
			buf := make([]byte, 128<<10)
			for stop.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= len(which) {
					return
				}
				i := which[n]
				var err error
				h.sums[i], err = h.file(stop, &found[i], buf)
				if errors.Is(err, unix.ENOENT) && found[i].Name == "" {
					h.gone[i], err = true, nil
				}
				if err != nil {
					once.Do(func() { first = err; cancel(err) })
				}
			}
		})
	}
	group.Wait()
	if first == nil && ctx.Err() != nil {
		first = context.Cause(ctx)
	}
	return first
}

// tries is how often a file is read, or a tree looked at, that changes meanwhile.
const tries = 3

// file reads one file, and notes what it was then.
func (h *hasher) file(ctx context.Context, e *found, buf []byte) (s sum, err error) {
	f, err := safepath.OpenBeneath(h.tree.Root, e.Path, unix.O_RDONLY|unix.O_NONBLOCK)
	if errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		return s, &movedError{e.Path}
	}
	if err != nil {
		return s, &fileError{e.Path, err}
	}
	defer f.Close()
	for range tries {
		began := now()
		before, err := seen(f)
		if err != nil {
			return s, &fileError{e.Path, err}
		}
		if before.Mode&unix.S_IFMT != unix.S_IFREG {
			return s, &movedError{e.Path}
		}
		if s, err = content(ctx, f, buf); err != nil {
			return s, &fileError{e.Path, err}
		}
		after, err := seen(f)
		if err != nil {
			return s, &fileError{e.Path, err}
		}
		if e.Seen = after; before == after {
			h.tree.Cache.put(e, s, began)
			break
		}
	}
	return s, nil // who copies it sees whether it is still what it was
}

// seen is what an open file is.
func seen(f *os.File) (build.Seen, error) {
	var st unix.Stat_t
	err := unix.Fstat(int(f.Fd()), &st)
	return build.Seen{Mode: st.Mode, Size: st.Size, Mtime: st.Mtim.Nano(), Ctime: st.Ctim.Nano()}, err
}

func content(ctx context.Context, f *os.File, buf []byte) (s sum, err error) {
	d := sha256.New()
	for off := int64(0); ; {
		if ctx.Err() != nil {
			return s, context.Cause(ctx)
		}
		n, err := f.ReadAt(buf, off)
		d.Write(buf[:n])
		off += int64(n)
		if err == io.EOF {
			d.Sum(s[:0])
			return s, nil
		}
		if err != nil {
			return s, err
		}
	}
}

// entry writes what counts of an entry. Every part has its length in front or a
// fixed one: no two lists of entries write the same.
func (h *hasher) entry(d hash.Hash, e *found, s *sum) error {
	b := make([]byte, 0, 512)
	for _, text := range []string{e.To, e.Name, e.link} {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	mode := e.Seen.Mode
	if mode&unix.S_IFMT == unix.S_IFLNK {
		mode = unix.S_IFLNK // some file systems have modes of links
	}
	b = binary.LittleEndian.AppendUint32(b, mode)
	if h.tree.Owners {
		b = binary.LittleEndian.AppendUint32(b, e.uid)
		b = binary.LittleEndian.AppendUint32(b, e.gid)
		var err error
		if b, err = h.attributes(b, e); err != nil {
			return err
		}
	}
	if mode&unix.S_IFMT == unix.S_IFREG {
		b = append(b, s[:]...)
	}
	d.Write(b)
	return nil
}

// attributes appends the extended attributes that a copy keeps.
func (h *hasher) attributes(b []byte, e *found) ([]byte, error) {
	kind := e.Seen.Mode & unix.S_IFMT
	if kind != unix.S_IFREG && kind != unix.S_IFDIR {
		return b, nil
	}
	f, err := safepath.OpenBeneath(h.tree.Root, e.Path, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return nil, &fileError{e.Path, err}
	}
	defer f.Close()
	list := layer.Attributes(f)
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, a := range list {
		for _, text := range []string{a.Name, a.Value} {
			b = binary.AppendUvarint(b, uint64(len(text)))
			b = append(b, text...)
		}
	}
	return b, nil
}
