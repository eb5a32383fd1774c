// Package contents keeps the contents of configs and secrets for a project, and makes
// the containers' copies. They live in the scratch directory of the project's holder, in
// memory, and nowhere else:
//
//	contents/DIGEST      what the last up has brought along, for containers to come, and
//	                     what those that exist were made of, should they come back
//	files/CONTAINER/N    a container's own copy of its Nth, with owner and mode
//
// So they are there after the death of a supervisor, and gone with the project.
package contents

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
)

const (
	contentsDir = "contents"
	filesDir    = "files"
)

// Keeper keeps them. Its fields are set by who makes it.
type Keeper struct {
	// Path is where this process sees a name in the scratch directory.
	Path func(name string) string
	// SingleID: only one id exists; Notice says what that changes.
	SingleID bool
	Notice   func(string)
}

// FileName is a container's copy of its config or secret number n.
func FileName(container string, n int) string {
	return filepath.Join(filesDir, container, strconv.Itoa(n))
}

// Keep keeps contents, by digest, and of those that it has the used ones; others are
// forgotten.
func (k *Keeper) Keep(contents map[string][]byte, used []string) error {
	dir := k.Path(contentsDir)
	old, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if len(contents) == 0 {
			return nil
		}
		err = os.Mkdir(dir, 0o700)
	}
	if err != nil {
		return contentsError(err)
	}
	for _, e := range old {
		if _, ok := contents[e.Name()]; !ok && !slices.Contains(used, e.Name()) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return contentsError(err)
			}
		}
	}
	for digest, content := range contents {
		if digestOf(content) != digest {
			return contentsError(fmt.Errorf("one is not what it was said to be"))
		}
		if err := state.WriteFile(filepath.Join(dir, digest), content, 0o600); err != nil {
			return contentsError(err)
		}
	}
	return nil
}

// contentsError leaves paths out that mean nothing to the user.
func contentsError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("keep the contents of configs and secrets: %w", err)
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Write makes a container's copies; x are the ids that it has exchanged.
func (k *Keeper) Write(container string, list []project.File, x exchange.IDs) error {
	if len(list) == 0 {
		return nil
	}
	if err := k.Remove(container); err != nil {
		return err
	}
	dir := k.Path(filepath.Join(filesDir, container))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return contentsError(err)
	}
	for i, f := range list {
		content, err := k.content(f)
		if err == nil {
			err = k.write(filepath.Join(dir, strconv.Itoa(i)), f, content, x)
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", f.Kind, f.Source, err)
		}
	}
	return nil
}

func (k *Keeper) write(path string, f project.File, content []byte, x exchange.IDs) error {
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return contentsError(err)
	}
	uid, gid := f.UID, f.GID
	if k.SingleID && (uid != 0 || gid != 0) {
		k.Notice(fmt.Sprintf("%s %s belongs to 0:0 in containers, not to %d:%d: only your own id exists there", f.Kind, f.Source, uid, gid))
		uid, gid = 0, 0
	}
	if err := os.Chown(path, int(x.User(uid)), int(x.Group(gid))); err != nil {
		return fmt.Errorf("owner %d:%d does not exist in your user namespace", uid, gid)
	}
	mode := os.FileMode(f.Mode & 0o777)
	for bit, special := range map[uint32]os.FileMode{0o4000: os.ModeSetuid, 0o2000: os.ModeSetgid, 0o1000: os.ModeSticky} {
		if f.Mode&bit != 0 {
			mode |= special
		}
	}
	return os.Chmod(path, mode)
}

// content finds what the file of that digest holds. After the death of the
// project's holder only the user's own file can tell.
func (k *Keeper) content(f project.File) ([]byte, error) {
	b, err := os.ReadFile(k.Path(filepath.Join(contentsDir, f.Digest)))
	if err == nil {
		return b, nil
	}
	if f.Path == "" {
		return nil, errors.New("its content is kept in memory only and went with the project's processes: run mocker-compose up again")
	}
	if b, err = os.ReadFile(f.Path); err != nil {
		return nil, err
	}
	if digestOf(b) != f.Digest {
		return nil, fmt.Errorf("%s has changed since the last up: run mocker-compose up again", f.Path)
	}
	return b, nil
}

// Remove removes a container's copies.
func (k *Keeper) Remove(container string) error {
	dir, err := os.Open(k.Path(filesDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := safepath.RemoveAll(dir, container); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
