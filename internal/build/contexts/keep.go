package contexts

import (
	"fmt"
	"os"
	"path/filepath"
)

// keep is what contexts have on disk for the next build: below DATA/build.
type keep struct{ dir string }

// Directories of a keep.
var kinds = []string{"files"}

func openKeep(data string) (*keep, error) {
	k := &keep{filepath.Join(data, "build")}
	for _, kind := range kinds {
		if err := os.MkdirAll(k.path(kind), 0o700); err != nil {
			return nil, fmt.Errorf("directory for builds: %w", err)
		}
	}
	return k, nil
}

func (k *keep) path(parts ...string) string {
	return filepath.Join(append([]string{k.dir}, parts...)...)
}
