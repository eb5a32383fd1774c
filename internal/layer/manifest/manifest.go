// Package manifest lists a tree, so that two can be compared. Only tests and
// benchmarks import it.
package manifest

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Options say what is compared beside names, kinds, modes, contents, links and
// modification times, which always are.
type Options struct {
	Owners bool
	Ignore []string // extended attributes that are not
}

// List is one line for each entry below dir, sorted by name. Hard links show as
// the first name that the file has in the list.
func List(dir string, o Options) ([]string, error) {
	var out []string
	first := map[uint64]string{}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%q mode %o time %d.%09d", name, st.Mode, st.Mtim.Sec, st.Mtim.Nsec)
		if o.Owners {
			line += fmt.Sprintf(" owner %d:%d", st.Uid, st.Gid)
		}
		if st.Mode&unix.S_IFMT != unix.S_IFDIR && st.Nlink > 1 {
			if first[st.Ino] == "" {
				first[st.Ino] = name
			}
			line += fmt.Sprintf(" is %q", first[st.Ino])
		}
		rest, err := content(path, &st)
		if err != nil {
			return err
		}
		attributes, err := xattrs(path, o.Ignore)
		out = append(out, line+rest+attributes)
		return err
	})
	return out, err
}

func content(path string, st *unix.Stat_t) (string, error) {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFLNK:
		to, err := os.Readlink(path)
		return fmt.Sprintf(" -> %q", to), err
	case unix.S_IFCHR, unix.S_IFBLK:
		return fmt.Sprintf(" device %d", st.Rdev), nil
	case unix.S_IFREG:
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer f.Close()
		sum := sha256.New()
		n, err := io.Copy(sum, f)
		return fmt.Sprintf(" %d bytes %x", n, sum.Sum(nil)), err
	}
	return "", nil
}

func xattrs(path string, ignored []string) (string, error) {
	names := make([]byte, 64<<10)
	n, err := unix.Llistxattr(path, names)
	if err == unix.ENOTSUP || n == 0 {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("attributes of %s: %w", path, err)
	}
	list := strings.Split(strings.TrimSuffix(string(names[:n]), "\x00"), "\x00")
	slices.Sort(list)
	out := ""
	for _, name := range list {
		if slices.Contains(ignored, name) {
			continue
		}
		value := make([]byte, 64<<10)
		n, err := unix.Lgetxattr(path, name, value)
		if err != nil {
			return "", fmt.Errorf("attribute %s of %s: %w", name, path, err)
		}
		out += fmt.Sprintf(" %s=%q", name, value[:n])
	}
	return out, nil
}

// Difference is the first, or "" if there is none.
func Difference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("%.400s\nwant %.400s", got[i], want[i])
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("%d entries, want %d", len(got), len(want))
	}
	return ""
}
