package rootfs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// identity tells whether a file is still the one that was hashed.
type identity struct {
	Path  string `json:"path"`
	Dev   uint64 `json:"dev"`
	Ino   uint64 `json:"ino"`
	Size  int64  `json:"size"`
	Mtime int64  `json:"mtime"` // ns since 1970
	Ctime int64  `json:"ctime"`
}

// indexed is a record of the index.
type indexed struct {
	File   identity `json:"file"`
	Digest string   `json:"digest"`
}

// settled is how old a change must be to be told from a later one by its time:
// file times come from the timer tick, 10 ms at most.
const settled = 100 * time.Millisecond

func identify(f *os.File) (identity, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return identity{}, err
	}
	return identity{f.Name(), st.Dev, st.Ino, st.Size, st.Mtim.Nano(), st.Ctim.Nano()}, nil
}

// digest returns the SHA-256 of the file as hex digits: from the index if the
// file was hashed before and has not changed.
func (s *Store) digest(ctx context.Context, f *os.File) (string, error) {
	id, err := identify(f)
	if err != nil {
		return "", err
	}
	name := sha256.Sum256([]byte(id.Path))
	index := s.path("index", hex.EncodeToString(name[:])+".json")
	var known indexed
	// What cannot be read is as good as missing: it is written anew.
	if _, err := state.Load(index, &known); err == nil && known.File == id {
		return known.Digest, nil
	}
	sum := sha256.New()
	r := layer.Bounded(ctx, f, id.Size)
	if _, err := io.Copy(sum, r); err != nil {
		return "", fmt.Errorf("hash: %w", err)
	}
	digest := hex.EncodeToString(sum.Sum(nil))
	after, err := identify(f)
	if err != nil {
		return "", err
	}
	if after != id {
		return "", fmt.Errorf("the file changed while it was read: start again when it is complete")
	}
	if time.Since(time.Unix(0, id.Ctime)) > settled {
		if err := state.Save(index, indexed{id, digest}); err != nil {
			return "", err
		}
	}
	return digest, nil
}
