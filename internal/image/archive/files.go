package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Files are the files of an archive by their names. Open fails with
// fs.ErrNotExist for one that does not exist.
type Files interface {
	Open(name string) (f io.ReadCloser, size int64, err error)
}

// documents reads the small files of an archive, and no more of them than can be
// held in memory.
type documents struct {
	Files
	read, bytes, elements int
}

// document reads a small file whole.
func (d *documents) document(name string) ([]byte, error) {
	f, size, err := d.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > maxDocument {
		return nil, fmt.Errorf("%s has %d bytes, more than the %d that are read", short(name), size, maxDocument)
	}
	if d.bytes += int(size); d.bytes > maxBytes {
		return nil, fmt.Errorf("its documents have more than %d bytes", maxBytes)
	}
	if d.read++; d.read > maxDocuments {
		return nil, fmt.Errorf("it has more than %d documents", maxDocuments)
	}
	raw, err := io.ReadAll(io.LimitReader(f, size))
	if err == nil && int64(len(raw)) != size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", short(name), err)
	}
	// In memory, ["","",...] takes ten times as much as it has bytes.
	if d.elements += bytes.Count(raw, []byte(",")); d.elements > maxElements {
		return nil, fmt.Errorf("%s: its documents have more than %d elements", short(name), maxElements)
	}
	return raw, nil
}

// has tells whether a file is there.
func has(fsys Files, name string) (bool, error) {
	f, _, err := fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, f.Close()
}

// short keeps a message readable.
func short(name string) string {
	if len(name) > 100 {
		return fmt.Sprintf("%q...", name[:100])
	}
	return fmt.Sprintf("%q", name)
}
