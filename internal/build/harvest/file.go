package harvest

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// file takes a regular file.
func (h *harvester) file(up, below *os.File, path string, e *item, old *unix.Stat_t) error {
	if done, err := h.linked(path, e); done || err != nil {
		return err
	}
	f, err := openAt(up, e.name, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return err
	}
	defer f.Close()
	if !h.o.Keep {
		if err := h.clean(f, false); err != nil {
			return err
		}
	}
	if below != nil && e.st.Nlink == 1 && e.st.Size == old.Size && h.equal(&e.st, old) {
		same, err := h.equalFile(f, below, e)
		if err != nil {
			return err
		}
		if same {
			return h.drop(up, e.name)
		}
	}
	hdr := h.headerOf(path, &e.st)
	hdr.Typeflag, hdr.Size = tar.TypeReg, e.st.Size
	h.attributes(hdr, f)
	if err := h.header(hdr); err != nil {
		return err
	}
	if err := h.content(f, hdr); err != nil {
		return err
	}
	h.res.Stats.Bytes += hdr.Size
	return h.setTime(up, e, hdr, false)
}

func (h *harvester) content(f *os.File, hdr *tar.Header) error {
	if hdr.Size == 0 {
		return nil
	}
	if err := h.out.file(hdr.Name, hdr.Size); err != nil {
		return err
	}
	for off := int64(0); off < hdr.Size; {
		if h.ctx.Err() != nil {
			return context.Cause(h.ctx)
		}
		n, err := f.ReadAt(h.buf[:min(int64(len(h.buf)), hdr.Size-off)], off)
		if n == 0 {
			return fmt.Errorf("its content ends after %d of %d bytes: %w", off, hdr.Size, err)
		}
		if _, err := h.tar.Write(h.buf[:n]); err != nil {
			return err
		}
		off += int64(n)
	}
	h.out.fileEnd()
	return nil
}

// equalFile compares content and attributes with those of the file below, whose
// owner, mode, size and time are the same: a program may write and set the time back.
func (h *harvester) equalFile(f, below *os.File, e *item) (bool, error) {
	old, err := openAt(below, e.name, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return false, err
	}
	defer old.Close()
	if !equalAttributes(f, old) {
		return false, nil
	}
	half := len(h.buf) / 2
	for off := int64(0); off < e.st.Size; {
		if h.ctx.Err() != nil {
			return false, context.Cause(h.ctx)
		}
		n, err := f.ReadAt(h.buf[:half], off)
		m, merr := old.ReadAt(h.buf[half:half+max(n, 1)], off)
		if n != m || !bytes.Equal(h.buf[:n], h.buf[half:half+m]) {
			return false, nil
		}
		if err := firstReal(err, merr); err != nil {
			return false, err
		}
		if n == 0 {
			return false, nil
		}
		off += int64(n)
	}
	return true, nil
}

func firstReal(errs ...error) error {
	for _, err := range errs {
		if err := ignoreEOF(err); err != nil {
			return err
		}
	}
	return nil
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
