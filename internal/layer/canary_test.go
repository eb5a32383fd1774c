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
)

// makeCanary makes top/canary, and an empty tree three directories below top.
func makeCanary(t testing.TB) (top, target string) {
	t.Helper()
	top = t.TempDir()
	target = filepath.Join(top, "x", "y", "fs")
	err := errors.Join(os.MkdirAll(target, 0o755), os.MkdirAll(top+"/canary/sub", 0o750),
		os.WriteFile(top+"/canary/keep", []byte("precious"), 0o640))
	if err != nil {
		t.Fatal(err)
	}
	return top, target
}

// census hashes all that can be seen of everything below top, but for what is
// below target.
func census(t testing.TB, top, target string) string {
	t.Helper()
	sum := sha256.New()
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
			return err
		}
		fmt.Fprintln(sum, path, st.Ino, st.Mode, st.Uid, st.Gid, st.Nlink, st.Size, st.Mtim.Nano(), st.Ctim.Nano())
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
