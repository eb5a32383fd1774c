package hazard

import (
	"archive/tar"
	"bytes"
	"fmt"
	"strings"
)

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

// Mode changes an entry's mode.
func Mode(h tar.Header, m int64) tar.Header { h.Mode = m; return h }

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
