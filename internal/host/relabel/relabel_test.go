package relabel

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestTree(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	file := filepath.Join(dir, "d/f")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := tree(dir, "user.label", "x"); err != nil {
		t.Skipf("no extended attributes here: %v", err)
	}
	b := make([]byte, 8)
	for path, want := range map[string]string{dir: "x", filepath.Dir(file): "x", file: "x", outside: ""} {
		n, err := unix.Getxattr(path, "user.label", b)
		if got := string(b[:max(n, 0)]); got != want {
			t.Errorf("%s: label %q, %v", path, got, err)
		}
	}
	if err := tree("/", "user.label", "x"); err == nil {
		t.Error("/ was relabelled")
	}
}
