package hazard

import (
	"archive/tar"
	"bytes"
	"fmt"
	"strings"
)

// Archive is one of the corpus.
type Archive struct {
	Name string // the hazard, or the advisory
	// Refused: the whole archive, by an error.
	Refused bool
	// Escapes: a naive unpacker changes something outside of the tree.
	Escapes bool
	// Layer: it is one only where whiteouts mean something.
	Layer bool
	// Below are entries of the layer below, where there is one.
	Below   []tar.Header
	Entries []tar.Header
	Raw     []byte // instead of entries: what no writer writes
}

// Bytes is the archive.
func (a *Archive) Bytes() ([]byte, error) {
	if a.Raw != nil {
		return a.Raw, nil
	}
	return Encode(a.Entries)
}

// Corpus attacks top/canary from a tree three directories below top. The canary
// has a file "keep", and a directory "sub" with a file "deep".
func Corpus(top string) []Archive {
	w := where{abs: top + "/canary", up: "../../../canary"}
	var all []Archive
	for _, part := range []func(where) []Archive{names, links, hardLinks, replaced, whiteouts, stacks, kinds, headers} {
		all = append(all, part(w)...)
	}
	return all
}

// where is the canary: absolute, and relative to the tree.
type where struct{ abs, up string }

// File is a file of four bytes, "evil".
func File(name string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: 4}
}

// Dir is a directory.
func Dir(name string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o755}
}

// Link is a symbolic link.
func Link(name, to string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: to, Mode: 0o777}
}

// Hard is a hard link.
func Hard(name, to string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeLink, Linkname: to, Mode: 0o644}
}

// Special is a fifo or a device node, or of a kind that does not exist.
func Special(kind byte, name string) tar.Header {
	return tar.Header{Name: name, Typeflag: kind, Mode: 0o666, Devmajor: 1, Devminor: 3}
}

// Whiteout is an empty file, whatever its name says.
func Whiteout(name string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeReg}
}

// Mode changes an entry's mode.
func Mode(h tar.Header, m int64) tar.Header { h.Mode = m; return h }

// Xattr gives an entry an extended attribute.
func Xattr(h tar.Header, name, value string) tar.Header {
	records := map[string]string{"SCHILY.xattr." + name: value}
	for k, v := range h.PAXRecords {
		records[k] = v
	}
	h.PAXRecords = records
	return h
}

// Encode makes the archive; a file's content is "evil", then zeros up to its size.
func Encode(entries []tar.Header) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range entries {
		if err := w.WriteHeader(&h); err != nil {
			return nil, fmt.Errorf("%q: %w", h.Name, err)
		}
		if h.Size <= 0 {
			continue
		}
		if _, err := w.Write([]byte("evil" + strings.Repeat("\x00", int(h.Size)-4))); err != nil {
			return nil, fmt.Errorf("%q: %w", h.Name, err)
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

type list = []tar.Header
