package layer

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// naiveUnpack is how not to do it: paths joined and opened, what is in the way
// removed, attributes set by name. It goes on after errors.
func naiveUnpack(dir string, b []byte, whiteouts bool) {
	tr := tar.NewReader(bytes.NewReader(b))
	for {
		h, err := tr.Next()
		if err != nil {
			return
		}
		path := filepath.Join(dir, h.Name)
		if base := filepath.Base(h.Name); whiteouts && strings.HasPrefix(base, ".wh.") {
			naiveWhiteout(filepath.Dir(path), base)
			continue
		}
		naiveEntry(dir, path, h, tr)
	}
}

func naiveWhiteout(dir, base string) {
	if base != ".wh..wh..opq" {
		os.RemoveAll(dir + "/" + strings.TrimPrefix(base, ".wh."))
		if strings.HasSuffix(base, ".wh...") { // os.RemoveAll refuses to remove "..", others do not
			os.RemoveAll(filepath.Join(dir, ".."))
		}
		return
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		os.RemoveAll(filepath.Join(dir, e.Name()))
	}
}

func naiveEntry(dir, path string, h *tar.Header, content io.Reader) {
	os.MkdirAll(filepath.Dir(path), 0o755)
	if st, err := os.Stat(path); err == nil && !(st.IsDir() && h.Typeflag == tar.TypeDir) && st.IsDir() {
		os.RemoveAll(path)
	}
	switch h.Typeflag {
	case tar.TypeDir:
		os.Mkdir(path, 0o755)
	case tar.TypeSymlink:
		if os.Symlink(h.Linkname, path) != nil {
			os.Remove(path)
			os.Symlink(h.Linkname, path)
		}
	case tar.TypeLink:
		from := filepath.Join(dir, h.Linkname)
		if os.Link(from, path) != nil {
			os.Remove(path)
			os.Link(from, path)
		}
	case tar.TypeFifo:
		unix.Mkfifo(path, 0o600)
	case tar.TypeChar, tar.TypeBlock: // as a plain user: an empty file in its place
		os.WriteFile(path, nil, 0o600)
	case tar.TypeReg, tar.TypeGNUSparse:
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NONBLOCK, 0o644)
		if err != nil {
			return
		}
		io.Copy(f, io.LimitReader(content, 1<<20))
		f.Close()
	default:
		return
	}
	os.Chmod(path, os.FileMode(h.Mode).Perm())
	os.Chtimes(path, h.ModTime, h.ModTime)
	for key, value := range h.PAXRecords {
		if name, ok := strings.CutPrefix(key, "SCHILY.xattr."); ok {
			unix.Setxattr(path, name, []byte(value), 0)
		}
	}
}
