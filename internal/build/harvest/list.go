package harvest

import (
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// The names of layer.md ("Whiteouts").
const (
	whPrefix   = ".wh."
	opaqueName = ".wh..wh..opq"
)

// item is an entry of a directory.
type item struct {
	name     string
	tarName  string
	st       unix.Stat_t
	whiteout bool
}

// list reads a directory, sorted by the names that the entries have in the tar.
func (h *harvester) list(dir *os.File) ([]item, error) {
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	attributes := layer.Opaque(dir) == "x"
	list := make([]item, 0, len(names))
	for _, n := range names {
		e := item{name: n, tarName: n}
		if err := unix.Fstatat(int(dir.Fd()), n, &e.st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return nil, &entryError{n, err}
		}
		if layer.IsWhiteout(dir, n, &e.st, attributes) {
			e.whiteout, e.tarName = true, whPrefix+n
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b item) int { return strings.Compare(a.tarName, b.tarName) })
	return list, nil
}

// openAt opens an entry, never through a link.
func openAt(dir *os.File, name string, flags int) (*os.File, error) {
	return safepath.OpenAt(dir, name, flags, 0)
}

func readLink(dir *os.File, name string) (string, error) {
	return safepath.ReadLinkAt(dir, name)
}

// under looks at what is below; false if there is nothing.
func under(below *os.File, name string, st *unix.Stat_t) (bool, error) {
	if below == nil {
		return false, nil
	}
	err := unix.Fstatat(int(below.Fd()), name, st, unix.AT_SYMLINK_NOFOLLOW)
	if err == unix.ENOENT {
		return false, nil
	}
	return err == nil, err
}

func kind(st *unix.Stat_t) uint32 { return st.Mode & unix.S_IFMT }

// splitPath parts a path into directory and name.
func splitPath(path string) (dir, base string) {
	dir, base = "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		dir, base = path[:i], path[i+1:]
	}
	return dir, base
}
