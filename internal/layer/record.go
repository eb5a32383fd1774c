package layer

import (
	"archive/tar"
	"io"
	"strings"
)

// Recorder takes down what is needed to make the same archive again from the
// tree: everything but the contents of files, in its order.
type Recorder interface {
	// Raw is a part of the archive as it stands there; the slice is used again.
	Raw(part []byte) error
	// File stands for the content of a file, which is in the tree under this name.
	File(name string, size int64) error
}

// tap hands what is read to the recorder, except while a content is read that
// goes into the tree.
type tap struct {
	r    io.Reader
	to   Recorder // nil: nobody wants it
	skip bool
	n    int64
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.n += int64(n)
	if n > 0 && t.to != nil && !t.skip {
		if err := t.to.Raw(p[:n]); err != nil {
			return 0, err
		}
	}
	return n, err
}

// content tells the recorder that a file's content comes, and returns how to
// read it. Of a sparse file the archive holds other bytes than the file: they
// stay in the record.
func (t *tap) content(h *tar.Header, r io.Reader) (io.Reader, error) {
	if t.to == nil || h.Size == 0 || sparse(h) {
		return r, nil
	}
	if err := t.to.File(h.Name, h.Size); err != nil {
		return nil, err
	}
	return skipping{t, r}, nil
}

func sparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// skipping reads a content past the recorder.
type skipping struct {
	t *tap
	r io.Reader
}

func (s skipping) Read(p []byte) (int, error) {
	s.t.skip = true
	defer func() { s.t.skip = false }()
	return s.r.Read(p)
}
