package contexts

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Kept is something that builds have fetched.
type Kept struct {
	Name  string
	Type  string // as BuildKit calls it
	Text  string
	Used  time.Time
	Bytes int64
	InUse bool // by a build that runs now
}

// words say what a kind is, to BuildKit and to people.
var words = map[string][2]string{
	kindURL: {"regular", "file fetched for ADD"}, kindTar: {"source.local", "archive fetched as a build context"},
	kindRepo: {"source.git.checkout", "git repository"}, kindGit: {"source.git.checkout", "files of a commit"},
}

// List is what there is; a directory of data without any is no error, and stays so.
func List(data string) (list []Kept, err error) {
	k := &keep{filepath.Join(data, "build")}
	for _, kind := range fetchedKinds {
		entries, rerr := os.ReadDir(k.path(kind))
		if !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
		for _, e := range entries {
			st, serr := e.Info()
			if serr != nil || !e.IsDir() || strings.HasPrefix(e.Name(), tmpPrefix) {
				continue
			}
			w := words[kind]
			list = append(list, Kept{
				Name: kind + "/" + e.Name(), Type: w[0], Text: w[1], Used: st.ModTime(),
				Bytes: sizeOf(k.path(kind, e.Name())), InUse: k.inUse(kind, e.Name()),
			})
		}
	}
	return list, err
}

func (k *keep) inUse(kind, name string) bool {
	lock, err := state.TryLock(k.path(kind, name+lockSuffix))
	if err != nil {
		return errors.Is(err, state.ErrLocked)
	}
	lock.Close()
	return false
}
