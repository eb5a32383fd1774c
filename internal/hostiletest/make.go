package hostiletest

import (
	"os"
	"path/filepath"
	"testing"
)

// Make plants a case below a directory of the test's own, with a canary beside it.
func Make(t testing.TB, c *Case) *Tree {
	t.Helper()
	return MakeAt(t, c, t.TempDir())
}

// MakeAt is Make below dir.
func MakeAt(t testing.TB, c *Case, dir string) *Tree {
	t.Helper()
	canary, err := NewCanary(filepath.Join(dir, "canary"))
	if err != nil {
		t.Fatal(err)
	}
	tree := &Tree{Root: filepath.Join(dir, "root"), Volume: filepath.Join(dir, "volume"), Canary: canary}
	for _, d := range []string{tree.Root, tree.Volume} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(tree.Volume, "old"), []byte("old\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c.Plant(tree)
	if err := tree.Err(); err != nil {
		t.Fatal(err)
	}
	return tree
}
