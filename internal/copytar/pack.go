package copytar

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// ErrNoFile is the error of Pack when there is nothing at the path.
var ErrNoFile = errors.New("could not find the file")

// inode is the identity of a file.
type inode struct{ dev, ino uint64 }

type packer struct {
	ctx   context.Context
	w     *tar.Writer
	own   exchange.IDs
	links map[inode]string // files with several names: the first of them here
}

// opener opens one entry with flags; O_NOFOLLOW is up to it.
type opener func(flags int) (*os.File, error)

// Pack writes what is at path below root to w. With follow a link at the end of
// path is followed; the name in the stream stays that of the link.
func Pack(ctx context.Context, w io.Writer, root *os.File, name string, follow bool) error {
	return PackAs(ctx, w, root, name, follow, exchange.IDs{})
}

// PackAs is Pack of a tree in which two ids have changed places; in the stream they
// have not.
func PackAs(ctx context.Context, w io.Writer, root *os.File, name string, follow bool, own exchange.IDs) error {
	p := &packer{ctx: ctx, w: tar.NewWriter(w), own: own, links: map[inode]string{}}
	how := unix.O_NOFOLLOW
	if follow || endsAsDir(name) {
		how = 0
	}
	clean := path.Clean("/" + name)
	open := func(flags int) (*os.File, error) { return safepath.OpenInRoot(root, clean, flags|how) }
	st, err := statOf(open)
	switch {
	case errors.Is(err, unix.ENOENT):
		return fmt.Errorf("%w %s", ErrNoFile, name)
	case err != nil:
		return err
	case endsAsDir(name) && st.Mode&unix.S_IFMT != unix.S_IFDIR:
		return &os.PathError{Op: "open", Path: name, Err: unix.ENOTDIR}
	}
	if err := p.entry(open, baseOf(name)); err != nil {
		return err
	}
	return p.w.Close()
}

func statOf(open opener) (st unix.Stat_t, err error) {
	f, err := open(unix.O_PATH)
	if err != nil {
		return st, err
	}
	defer f.Close()
	return st, unix.Fstat(int(f.Fd()), &st)
}

// entry writes one entry, and what is below it.
func (p *packer) entry(open opener, name string) error {
	if err := p.ctx.Err(); err != nil {
		return err
	}
	at, err := open(unix.O_PATH)
	if errors.Is(err, unix.ENOENT) {
		return nil // removed meanwhile
	}
	if err != nil {
		return err
	}
	defer at.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(at.Fd()), &st); err != nil {
		return err
	}
	h := p.header(name, &st)
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return p.regular(open, h, &st)
	case unix.S_IFDIR:
		return p.directory(open, h, &st)
	case unix.S_IFLNK:
		buf := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(int(at.Fd()), "", buf)
		if err != nil {
			return err
		}
		h.Typeflag, h.Linkname = tar.TypeSymlink, string(buf[:n])
		return p.w.WriteHeader(h)
	case unix.S_IFIFO:
		h.Typeflag = tar.TypeFifo
		return p.w.WriteHeader(h)
	}
	return nil // sockets and devices
}

func (p *packer) header(name string, st *unix.Stat_t) *tar.Header {
	uid, gid := p.own.Ints(int(st.Uid), int(st.Gid))
	return &tar.Header{
		Name: name, Mode: int64(st.Mode & 0o7777), Uid: uid, Gid: gid,
		ModTime: time.Unix(st.Mtim.Unix()), Format: tar.FormatPAX,
	}
}

// again opens what st was told of for its content, and refuses anything else.
func again(open opener, flags int, st *unix.Stat_t) (*os.File, error) {
	f, err := open(flags | unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY)
	if err != nil {
		return nil, err
	}
	var now unix.Stat_t
	err = unix.Fstat(int(f.Fd()), &now)
	if err == nil && (now.Dev != st.Dev || now.Ino != st.Ino || now.Mode&unix.S_IFMT != st.Mode&unix.S_IFMT) {
		err = &os.PathError{Op: "read", Path: f.Name(), Err: errors.New("it was replaced meanwhile")}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (p *packer) regular(open opener, h *tar.Header, st *unix.Stat_t) error {
	id := inode{uint64(st.Dev), st.Ino}
	if first := p.links[id]; first != "" {
		h.Typeflag, h.Linkname = tar.TypeLink, first
		return p.w.WriteHeader(h)
	}
	f, err := again(open, 0, st)
	if err != nil {
		return err
	}
	defer f.Close()
	if st.Nlink > 1 {
		p.links[id] = h.Name
	}
	h.Typeflag, h.Size = tar.TypeReg, st.Size
	if err := p.w.WriteHeader(h); err != nil {
		return err
	}
	n, err := io.Copy(p.w, io.LimitReader(f, st.Size))
	if err == nil && n < st.Size {
		err = &os.PathError{Op: "read", Path: h.Name, Err: fmt.Errorf("it became shorter meanwhile: %w", io.ErrUnexpectedEOF)}
	}
	return err
}

func (p *packer) directory(open opener, h *tar.Header, st *unix.Stat_t) error {
	dir, err := again(open, unix.O_DIRECTORY, st)
	if err != nil {
		return err
	}
	defer dir.Close()
	name := h.Name
	h.Typeflag, h.Name = tar.TypeDir, name+"/"
	if err := p.w.WriteHeader(h); err != nil {
		return err
	}
	entries, err := dir.ReadDir(-1)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	for _, n := range names {
		below := func(flags int) (*os.File, error) { return openat(dir, n, flags, 0) }
		if err := p.entry(below, name+"/"+n); err != nil {
			return err
		}
	}
	return nil
}

// openat opens one name in dir, and never follows it.
func openat(dir *os.File, name string, flags int, mode uint32) (*os.File, error) {
	for {
		fd, err := unix.Openat(int(dir.Fd()), name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
		if err == nil {
			return os.NewFile(uintptr(fd), name), nil
		}
		if err != unix.EINTR {
			return nil, &os.PathError{Op: "open", Path: name, Err: err}
		}
	}
}
