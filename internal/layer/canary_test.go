package layer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// makeCanary makes top/canary, and an empty tree three directories below top.
func makeCanary(t testing.TB) (top, target string) {
	t.Helper()
	top = t.TempDir()
	fillCanary(t, top)
	return top, filepath.Join(top, "x", "y", "fs")
}

func fillCanary(t testing.TB, top string) {
	t.Helper()
	err := errors.Join(os.MkdirAll(filepath.Join(top, "x/y/fs"), 0o755), os.MkdirAll(top+"/canary/sub", 0o750),
		os.WriteFile(top+"/canary/keep", []byte("precious"), 0o640), os.WriteFile(top+"/canary/sub/deep", []byte("too"), 0o640))
	if err != nil {
		t.Fatal(err)
	}
}

// empty deletes the tree and makes it anew; that alone must be possible,
// whatever was unpacked.
func empty(t testing.TB, target string) {
	t.Helper()
	dir, err := os.Open(filepath.Dir(target))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if err := safepath.RemoveAll(dir, filepath.Base(target)); err != nil {
		t.Fatalf("the tree cannot be deleted: %v", err)
	}
	if err := os.Mkdir(target, 0o755); err != nil {
		t.Fatal(err)
	}
}

// census hashes all that can be seen of everything below top, but for what is
// in target. The directory around target changes when it is made anew.
func census(t testing.TB, top, target string) string {
	t.Helper()
	sum := sha256.New()
	around := filepath.Dir(target)
	err := filepath.WalkDir(top, func(path string, _ fs.DirEntry, err error) error {
		if path == target {
			return fs.SkipDir
		}
		if err != nil { // closed to us: that, too, is something to see
			fmt.Fprintln(sum, path, err)
			return nil
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			fmt.Fprintln(sum, path, err)
			return nil
		}
		fmt.Fprintln(sum, path, st.Ino, st.Mode, st.Uid, st.Gid, st.Nlink)
		if path != around {
			fmt.Fprintln(sum, st.Size, st.Mtim.Nano(), st.Ctim.Nano())
		}
		if st.Mode&unix.S_IFMT == unix.S_IFREG {
			b, err := os.ReadFile(path)
			fmt.Fprintf(sum, "%q %v\n", b, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
