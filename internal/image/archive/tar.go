package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
)

// TarFiles is a tar that can be read at any place.
type TarFiles struct {
	r     io.ReaderAt
	where map[string]place
}

// place is where a file is, or the name to which a link leads.
type place struct {
	at, size int64
	link     string
}

// OpenTar goes over the headers once; contents are skipped. Of several entries
// with one name the last counts, as for who unpacks.
func OpenTar(r io.ReaderAt, size int64) (*TarFiles, error) {
	section := io.NewSectionReader(r, 0, size)
	tr := tar.NewReader(section)
	t := &TarFiles{r, map[string]place{}}
	for n := 0; ; n++ {
		h, err := tr.Next()
		if err == io.EOF && n == 0 {
			return nil, errors.New("it is empty")
		}
		if err == io.EOF {
			return t, nil
		}
		if err != nil {
			return nil, fmt.Errorf("this is not a tar archive of images: after %d entries: %w", n, err)
		}
		if n == maxFiles {
			return nil, fmt.Errorf("it has more than %d entries", maxFiles)
		}
		name := clean(h.Name)
		switch h.Typeflag {
		case tar.TypeReg:
			at, err := section.Seek(0, io.SeekCurrent) // the reader is behind the header and takes no more
			if err != nil {
				return nil, err
			}
			if at+h.Size > size {
				return nil, fmt.Errorf("%s: %w: it has %d bytes, the archive ends after %d", short(name), io.ErrUnexpectedEOF, h.Size, size-at)
			}
			t.where[name] = place{at: at, size: h.Size}
		case tar.TypeSymlink:
			t.where[name] = place{link: clean(path.Join(path.Dir(name), h.Linkname))}
		case tar.TypeLink:
			t.where[name] = place{link: clean(h.Linkname)}
		case tar.TypeGNUSparse:
			return nil, fmt.Errorf("%s is a sparse file, which no tool writes into an image", short(name))
		}
	}
}

// clean makes a name one of a rooted tree, so that none leads out of it.
func clean(name string) string { return path.Clean("/" + name)[1:] }

// Open reads a file; a link leads to another file of the tar or nowhere.
func (t *TarFiles) Open(name string) (io.ReadCloser, int64, error) {
	p, ok := t.where[clean(name)]
	for range maxLinks {
		if p.link == "" {
			break
		}
		p, ok = t.where[p.link]
	}
	if !ok || p.link != "" {
		return nil, 0, &fs.PathError{Op: "open", Path: short(name), Err: fs.ErrNotExist}
	}
	return io.NopCloser(io.NewSectionReader(t.r, p.at, p.size)), p.size, nil
}
