package watchcmd

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/copytar"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// bundle is what one stream is about.
type bundle struct {
	dir   string            // on this side
	names []string          // below dir, sorted
	as    map[string]string // what a name is called in the stream, if not the same
}

// pack writes what is at the names now: what is there, and that others are not. What goes
// comes first, the inner before the outer; then what is there, the outer first.
func (b *bundle) pack(ctx context.Context, w io.Writer) error {
	tw := tar.NewWriter(w)
	root, err := os.Open(b.dir)
	if err == nil {
		defer root.Close()
	} else if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, unix.ENOTDIR) {
		return err
	}
	var there []string
	for i := len(b.names) - 1; i >= 0; i-- {
		name := b.names[i]
		if root != nil && exists(root, name) {
			there = append(there, name)
			continue
		}
		if err := tw.WriteHeader(&tar.Header{Typeflag: copytar.Removed, Name: b.called(name), Format: tar.FormatPAX}); err != nil {
			return err
		}
	}
	for i := len(there) - 1; i >= 0; i-- {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := b.entry(tw, root, there[i]); err != nil {
			return err
		}
	}
	return tw.Close()
}

func (b *bundle) called(name string) string {
	if as, ok := b.as[name]; ok {
		return as
	}
	return filepath.ToSlash(name)
}

func exists(root *os.File, name string) bool {
	f, err := safepath.OpenBeneath(root, name, unix.O_PATH)
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// entry writes one name. One that has gone meanwhile will be noticed, and is left out.
func (b *bundle) entry(tw *tar.Writer, root *os.File, name string) error {
	at, err := safepath.OpenBeneath(root, name, unix.O_PATH)
	if err != nil {
		return gone(err)
	}
	defer at.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(at.Fd()), &st); err != nil {
		return err
	}
	h := &tar.Header{
		Name: b.called(name), Mode: int64(st.Mode & 0o7777), Uid: int(st.Uid), Gid: int(st.Gid),
		ModTime: time.Unix(st.Mtim.Unix()), Format: tar.FormatPAX,
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		h.Typeflag, h.Name = tar.TypeDir, h.Name+"/"
		return tw.WriteHeader(h)
	case unix.S_IFLNK:
		h.Typeflag = tar.TypeSymlink
		if h.Linkname, err = safepath.ReadLinkAt(at, ""); err != nil {
			return err
		}
		return tw.WriteHeader(h)
	case unix.S_IFREG:
		return b.content(tw, h, root, name)
	}
	return nil
}

// content writes a file as it is when it is opened. One that becomes shorter meanwhile is
// filled up: that it changed has been noticed, and it is copied again.
func (b *bundle) content(tw *tar.Writer, h *tar.Header, root *os.File, name string) error {
	f, err := safepath.OpenBeneath(root, name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY)
	if err != nil {
		return gone(err)
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return err
	}
	h.Typeflag, h.Size = tar.TypeReg, st.Size
	if err := tw.WriteHeader(h); err != nil {
		return err
	}
	n, err := io.Copy(tw, io.LimitReader(f, st.Size))
	if err == nil && n < st.Size {
		_, err = io.CopyN(tw, zeros{}, st.Size-n)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(b.dir, name), err)
	}
	return nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// gone: the name, or a directory on the way to it, is not what it was.
func gone(err error) error {
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		return nil
	}
	return err
}
