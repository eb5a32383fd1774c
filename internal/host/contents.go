package host

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// Configs and secrets live in the holder's scratch directory, in memory, and
// nowhere else:
//
//	contents/DIGEST      what the last up has brought along, for containers to come
//	files/CONTAINER/N    a container's own copy of its Nth, with owner and mode
//
// So they are there after the death of a supervisor, and gone with the project.
const (
	contentsDir = "contents"
	filesDir    = "files"
)

// contentFile is a container's copy of its config or secret number n.
func contentFile(container string, n int) string {
	return filepath.Join(filesDir, container, strconv.Itoa(n))
}

// KeepContents implements supervisor.Runtime.
func (r *Runtime) KeepContents(contents map[string][]byte) error {
	dir := r.scratchPath(contentsDir)
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
		if _, ok := contents[e.Name()]; !ok {
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

// writeContents makes the container's copies.
func (r *Runtime) writeContents(c *container, sc *supervisor.Container) error {
	if len(sc.Service.Files) == 0 {
		return nil
	}
	if err := r.removeContents(sc.Name); err != nil {
		return err
	}
	dir := r.scratchPath(filepath.Join(filesDir, sc.Name))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return contentsError(err)
	}
	for i, f := range sc.Service.Files {
		content, err := r.content(f)
		if err == nil {
			err = r.writeContent(filepath.Join(dir, strconv.Itoa(i)), f, content, c.rec.Own)
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", f.Kind, f.Source, err)
		}
	}
	return nil
}

func (r *Runtime) writeContent(path string, f project.File, content []byte, x exchange.IDs) error {
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return contentsError(err)
	}
	uid, gid := f.UID, f.GID
	if r.singleID && (uid != 0 || gid != 0) {
		r.notice(fmt.Sprintf("%s %s belongs to 0:0 in containers, not to %d:%d: only your own id exists there", f.Kind, f.Source, uid, gid))
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
func (r *Runtime) content(f project.File) ([]byte, error) {
	b, err := os.ReadFile(r.scratchPath(filepath.Join(contentsDir, f.Digest)))
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

// removeContents removes a container's copies.
func (r *Runtime) removeContents(container string) error {
	err := removeBelow(r.scratchPath(filesDir), container)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
