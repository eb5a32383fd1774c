package exact

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/vbatts/tar-split/tar/storage"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// Write writes the tar that record is of, with the contents of the files below
// root. Who needs certainty compares the digest of what was written.
func Write(ctx context.Context, w io.Writer, record io.Reader, root *os.File) error {
	zip, err := gzip.NewReader(record)
	if err != nil {
		return fmt.Errorf("record of the archive: %w", err)
	}
	defer zip.Close()
	t := &writer{w: w, root: root, buf: make([]byte, 1<<17), dirs: map[string]*os.File{}}
	defer t.forget()
	entries := json.NewDecoder(zip)
	for ctx.Err() == nil {
		var e storage.Entry
		err := entries.Decode(&e)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("record of the archive: %w", err)
		}
		if err := t.entry(&e); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

type writer struct {
	w    io.Writer
	root *os.File
	buf  []byte
	dirs map[string]*os.File
}

func (t *writer) entry(e *storage.Entry) error {
	switch e.Type {
	case storage.SegmentType:
		_, err := t.w.Write(e.Payload)
		return err
	case storage.FileType:
		if e.Size == 0 {
			return nil
		}
		return t.file(e)
	}
	return fmt.Errorf("record of the archive: an entry of type %d", e.Type)
}

func (t *writer) file(e *storage.Entry) error {
	f, err := t.open(e.GetName())
	if err != nil {
		return fmt.Errorf("%q is not in the layer any more: %w", e.GetName(), err)
	}
	defer f.Close()
	w := t.w
	sum := crc64.New(storage.CRCTable)
	if len(e.Payload) > 0 {
		w = io.MultiWriter(t.w, sum)
	}
	n, err := io.CopyBuffer(w, io.LimitReader(plain{f}, e.Size), t.buf)
	if err != nil {
		return err
	}
	if more, _ := f.Read(t.buf[:1]); n != e.Size || more != 0 {
		return fmt.Errorf("%q has not the %d bytes that it had", e.GetName(), e.Size)
	}
	if len(e.Payload) > 0 && !bytes.Equal(sum.Sum(nil), e.Payload) {
		return fmt.Errorf("%q has changed", e.GetName())
	}
	return nil
}

// plain hides what would let a copy go past the buffer, a call of the kernel for
// each small file.
type plain struct{ io.Reader }

// maxDirs bounds the directories that stay open.
const maxDirs = 64

// open opens a file that must be regular, links on the way to it followed inside of root.
func (t *writer) open(name string) (*os.File, error) {
	dir, base := split(name)
	d := t.dirs[dir]
	if d == nil {
		var err error
		if d, err = safepath.OpenInRoot(t.root, dir, unix.O_PATH|unix.O_DIRECTORY); err != nil {
			return nil, err
		}
		if len(t.dirs) >= maxDirs {
			t.forget()
		}
		t.dirs[dir] = d
	}
	fd, err := unix.Openat(int(d.Fd()), base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), base)
	var st unix.Stat_t
	if err = unix.Fstat(fd, &st); err == nil && st.Mode&unix.S_IFMT != unix.S_IFREG {
		err = errors.New("it is not a file")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (t *writer) forget() {
	for dir, f := range t.dirs {
		f.Close()
		delete(t.dirs, dir)
	}
}
