package imageprep

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// asks remembers when a registry was asked for an image and said that it is the one
// that is there: then nothing in the store changes. It is the time of an empty file for
// each name. If it cannot be kept the registry is asked once more.
type asks struct{ data string }

func (a asks) path(ref string) string {
	if n, err := imageref.Parse(ref); err == nil {
		ref = n.Tagged().String()
	}
	sum := sha256.Sum256([]byte(ref))
	return filepath.Join(a.data, "asked", hex.EncodeToString(sum[:16]))
}

func (a asks) last(ref string) time.Time {
	st, err := os.Stat(a.path(ref))
	if err != nil {
		return time.Time{}
	}
	return st.ModTime()
}

func (a asks) now(ref string) {
	path := a.path(ref)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return
	}
	if f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
		f.Close()
		at := time.Now()
		_ = os.Chtimes(path, at, at) // see above
	}
}
