package solve

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// hidden are the paths of a context that a mount must not show: all below its
// source that was not selected. Of a directory of which nothing was, it is the
// directory's path only.
func (s *source) hidden(dir *os.File, mounted string) (hide []string, err error) {
	at := path.Clean("/" + mounted)[1:]
	if len(s.entries) > 0 {
		e := &s.entries[0]
		if e.To == "" && e.Seen.Mode&unix.S_IFMT != unix.S_IFDIR {
			return nil, nil // a lone file
		}
		at = strings.TrimSuffix(strings.TrimSuffix(e.Path, e.To), "/") // what links lead to
	}
	if at == "" {
		at = "."
	}
	seen := shown(s.entries)
	err = fs.WalkDir(os.DirFS(fmt.Sprintf("/proc/self/fd/%d", wire.FD(dir))), at, func(name string, d fs.DirEntry, err error) error {
		switch {
		case name == at:
			return err
		case err != nil && seen[name]:
			return err
		case seen[name]:
			return nil
		}
		hide = append(hide, name)
		if d != nil && d.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("what the ignore file leaves out of a mount: %w", err)
	}
	return hide, nil
}

// shown are the paths of entries and of the directories that they are in.
func shown(entries []build.Entry) map[string]bool {
	seen := make(map[string]bool, len(entries))
	for i := range entries {
		for p := entries[i].Path; p != "." && p != "/" && !seen[p]; p = path.Dir(p) {
			seen[p] = true
		}
	}
	return seen
}
