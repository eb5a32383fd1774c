package diskusage

import (
	"os"
	"path/filepath"
	"testing"
)

// A file with two names counts once; a hole is held, and takes nothing.
func TestContentAndBlocks(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, "a"), filepath.Join(dir, "b")); err != nil {
		t.Fatal(err)
	}
	if got := Content(dir); got != 1000 {
		t.Errorf("one file by two names holds %d bytes", got)
	}
	before := Blocks(dir)
	if err := os.WriteFile(filepath.Join(dir, "hole"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "hole"), 1<<30); err != nil {
		t.Fatal(err)
	}
	if got := Content(dir); got != 1000+1<<30 {
		t.Errorf("with a hole it holds %d bytes", got)
	}
	if got := Blocks(dir) - before; got > 1<<20 {
		t.Errorf("a hole takes %d bytes", got)
	}
	if Content(filepath.Join(dir, "none")) != 0 || Blocks(filepath.Join(dir, "none")) != 0 {
		t.Error("what is not there has a size")
	}
}
