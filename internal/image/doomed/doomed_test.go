package doomed

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// A directory that somebody needs stays; one that nobody does loses its name at once, and
// is deleted with its lock; what a killed one left is taken without its story.
func TestTake(t *testing.T) {
	parent, locks := t.TempDir(), t.TempDir()
	about := func() (string, int64) { return "sha256:x", 7 }
	if err := os.MkdirAll(filepath.Join(parent, "x/fs"), 0o700); err != nil {
		t.Fatal(err)
	}
	lock, err := state.WaitLock(t.Context(), filepath.Join(locks, "x"), unix.LOCK_SH)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := Take(parent, locks, "x", false, about); d != nil || err != nil {
		t.Fatalf("while it is needed: %+v, %v", d, err)
	}
	lock.Close()
	d, err := Take(parent, locks, "x", false, about)
	if err != nil || d == nil || d.What != "sha256:x" || d.Bytes != 7 {
		t.Fatalf("%+v, %v", d, err)
	}
	if _, err := os.Stat(filepath.Join(parent, "x")); !os.IsNotExist(err) {
		t.Errorf("it has its name still: %v", err)
	}
	if again, err := Take(parent, locks, "x", true, about); again != nil || err != nil {
		t.Errorf("two delete it: %+v, %v", again, err)
	}
	d.lock.Close() // as the death of its process
	if d, err = Take(parent, locks, "x", true, about); err != nil || d == nil || d.What != "" {
		t.Fatalf("the leftover: %+v, %v", d, err)
	}
	if err := d.Delete(); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{parent, locks} {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left: %v, %v", left, err)
		}
	}
}

func TestKey(t *testing.T) {
	if key, isTmp := Key("tmp-a"); key != "a" || !isTmp {
		t.Error(key, isTmp)
	}
	if key, isTmp := Key("a"); key != "a" || isTmp {
		t.Error(key, isTmp)
	}
}
