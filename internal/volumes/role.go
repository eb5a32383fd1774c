package volumes

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// RoleRemove is the name of the role that removes volumes: a process of ours in
// the user namespace, where all files in them are ours.
const RoleRemove = "volume-remove"

// Removal is what became of one volume, a line of JSON on the role's output.
type Removal struct {
	Name    string `json:"name"`
	Bytes   int64  `json:"bytes,omitempty"` // that its files had
	Missing bool   `json:"missing,omitempty"`
	Error   string `json:"error,omitempty"`
}

// RunRemove is the body of the role: args are run directory, data directory and
// the names. It returns an exit code.
func RunRemove(args []string) int {
	if len(args) < 2 {
		fmt.Fprintf(os.Stderr, "%s: %d arguments\n", RoleRemove, len(args))
		return 2
	}
	s := Open(state.Dirs{Run: args[0], Data: args[1]})
	out := json.NewEncoder(os.Stdout)
	for _, name := range args[2:] {
		if out.Encode(s.removal(name)) != nil {
			return 1
		}
	}
	return 0
}

// Removals is what the role does, in this process.
func (s *Store) Removals(names []string) (list []Removal) {
	for _, name := range names {
		list = append(list, s.removal(name))
	}
	return list
}

func (s *Store) removal(name string) Removal {
	r := Removal{Name: name}
	if CheckName(name) == nil {
		r.Bytes = s.size(name)
	}
	if err := s.Remove(name); err != nil {
		_, r.Missing = err.(*NotFoundError)
		r.Error, r.Bytes = err.Error(), 0
	}
	return r
}

// size is what the files of a volume hold, in bytes.
func (s *Store) size(name string) (n int64) {
	_ = filepath.WalkDir(s.Path(name), func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // what cannot be looked at counts as empty
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return nil
	})
	return n
}
