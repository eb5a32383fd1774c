package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// readable is in itself if it can be read at any place as it is. What is compressed, or comes through a pipe, goes into a file
// without a name: its documents may stand behind its layers.
func (l *loader) readable(ctx context.Context, in *os.File) (f *os.File, release func() error, err error) {
	st, err := in.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("standard input: %w", err)
	}
	nothing := func() error { return nil }
	if st.Mode().IsRegular() {
		at, err := in.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, nil, err
		}
		head := make([]byte, 8)
		n, err := in.ReadAt(head, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, nil, err
		}
		if at == 0 && !compressed(head[:n]) {
			return in, nothing, nil
		}
	}
	f, err = l.spool(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	return f, f.Close, nil
}

// compressed tells the magic numbers that layer.Decompress knows.
func compressed(head []byte) bool {
	for _, magic := range []string{"\x1f\x8b", "\xfd7zXZ\x00", "BZh", "\x28\xb5\x2f\xfd", "PK\x03\x04"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

func (l *loader) spool(ctx context.Context, in io.Reader) (_ *os.File, err error) {
	f, err := l.nameless()
	if err != nil {
		return nil, fmt.Errorf("keep the archive while it is read: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	plain, release, err := layer.Decompress(in)
	if err != nil {
		return nil, err
	}
	defer release()
	if _, err := io.Copy(f, layer.Bounded(ctx, plain, layer.DefaultLimits.Bytes)); err != nil {
		return nil, err
	}
	return f, nil
}

// nameless is a file that is gone when it is closed, by whatever end.
func (l *loader) nameless() (*os.File, error) {
	fd, err := unix.Openat(int(l.root.Fd()), ".", unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err == nil {
		return os.NewFile(uintptr(fd), "spool"), nil
	}
	f, err := os.CreateTemp(l.root.Name(), ".spool-*") // a file system without O_TMPFILE
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}
