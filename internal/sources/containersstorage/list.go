package containersstorage

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// imageEntry is one of images.json.
type imageEntry struct {
	ID     string   `json:"id"`
	Digest string   `json:"digest"`
	Names  []string `json:"names"`
	Layer  string   `json:"layer"`
}

// layerEntry is one of layers.json.
type layerEntry struct {
	ID     string `json:"id"`
	Parent string `json:"parent"`
	DiffID string `json:"diff-digest"`
}

// list is one of the two files.
func list[T any](p place, kind string) (out []T, err error) {
	path := filepath.Join(p.root, p.driver+"-"+kind, kind+".json")
	raw, err := readFile(path, maxList)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}

// What is read whole, in bytes: a list of many images, a document of one.
const (
	maxList     = 256 << 20
	maxDocument = 8 << 20
)

// readFile reads a regular file that may be another user's: a fifo would keep us waiting.
func readFile(path string, most int64) ([]byte, error) {
	f, err := os.OpenFile(path, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err == nil && (!st.Mode().IsRegular() || st.Size() > most) {
		err = fmt.Errorf("%s: it is no file, or has more than the %d bytes that are read", path, most)
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, most))
}

// isID tells an id from what would lead elsewhere as part of a path: the lists of an
// additional store are others'.
func isID(id string) bool { return len(id) == 64 && strings.Trim(id, "0123456789abcdef") == "" }

// lock keeps podman from changing a list while it is held; waiting ends with ctx.
// Where the file may not be opened nobody who could change it is the user.
func (p place) lock(ctx context.Context, kind string) (release func(), err error) {
	path := filepath.Join(p.root, p.driver+"-"+kind, kind+".lock")
	f, err := os.OpenFile(path, unix.O_RDONLY|unix.O_NONBLOCK, 0) // not a fifo of somebody else's
	if err != nil {
		return func() {}, nil //nolint:nilerr // see above
	}
	for {
		// Of the open file, not of the process: closing another one must not end it.
		err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_RDLCK, Whence: 0})
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EACCES) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		select { // fcntl(2) tells nobody when a lock is free
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			f.Close()
			return nil, context.Cause(ctx)
		}
	}
}

// is reports that a name means this image. A short name is docker.io's, or one
// that was built here.
func (e *imageEntry) is(name string) bool {
	hex := strings.TrimPrefix(name, "sha256:")
	if len(hex) >= 12 && strings.Trim(hex, "0123456789abcdef") == "" && strings.HasPrefix(e.ID, hex) {
		return true
	}
	want, err := imageref.Parse(name)
	if err != nil {
		return false
	}
	want = want.Tagged()
	forms := []string{full(want)}
	if local, err := imageref.Parse("localhost/" + name); err == nil && want.Domain == "docker.io" {
		forms = append(forms, full(local.Tagged()))
	}
	for _, n := range e.Names {
		has, err := imageref.Parse(n)
		if err != nil {
			continue
		}
		if want.Digest != "" && has.Domain == want.Domain && has.Path == want.Path && e.Digest == want.Digest {
			return true
		}
		if slices.Contains(forms, full(has.Tagged())) {
			return true
		}
	}
	return false
}

func full(n imageref.Name) string { return n.Domain + "/" + n.Path + ":" + n.Tag + "@" + n.Digest }

// document is what is kept beside an image under a key. The names of keys that
// are not plain are base64 there.
func (p place) document(id, key string) ([]byte, error) {
	if strings.Trim(key, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.") != "" {
		key = "=" + base64.StdEncoding.EncodeToString([]byte(key))
	}
	return readFile(filepath.Join(p.root, p.driver+"-images", id, key), maxDocument)
}
