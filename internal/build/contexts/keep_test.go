package contexts

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func newKeep(t *testing.T) *keep {
	t.Helper()
	k, err := openKeep(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestKeepMakesOnce: of many that want the same thing one makes it.
func TestKeepMakesOnce(t *testing.T) {
	k := newKeep(t)
	var made atomic.Int64
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			h, err := k.get(t.Context(), kindTar, "x", func(dir string) error {
				made.Add(1)
				time.Sleep(5 * time.Millisecond)
				return os.WriteFile(filepath.Join(dir, "f"), nil, 0o600)
			})
			if err != nil {
				t.Error(err)
				return
			}
			defer h.Close()
			if _, err := os.Stat(filepath.Join(h.path, "f")); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if made.Load() != 1 {
		t.Errorf("made %d times", made.Load())
	}
}

func TestKeepAfterAFailure(t *testing.T) {
	k := newKeep(t)
	bad := errors.New("bad")
	if _, err := k.get(t.Context(), kindTar, "x", func(dir string) error {
		return errors.Join(os.WriteFile(filepath.Join(dir, "half"), nil, 0o600), bad)
	}); !errors.Is(err, bad) {
		t.Error(err)
	}
	// As one that was killed leaves it.
	if err := os.MkdirAll(k.path(kindTar, tmpPrefix+"x", "half"), 0o700); err != nil {
		t.Fatal(err)
	}
	h, err := k.get(t.Context(), kindTar, "x", func(string) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if list, _ := os.ReadDir(h.path); len(list) > 0 {
		t.Errorf("half made: %v", list)
	}
}

func TestTidy(t *testing.T) {
	k := newKeep(t)
	long := time.Now().Add(-30 * 24 * time.Hour)
	get := func(name string) *held {
		h, err := k.get(t.Context(), kindGit, name, func(string) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	used := get("used")
	defer used.Close()
	get("old").Close()
	get("new").Close()
	part := k.path(kindURL, partPrefix+"1")
	if err := os.WriteFile(part, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{k.path(kindGit, "used"), k.path(kindGit, "old"), part} {
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
	}
	freed, err := k.tidyAll(unusedFor)
	if err != nil || len(freed) != 1 || freed[0].Name != "git/old" {
		t.Errorf("%v, %v", freed, err)
	}
	if _, err := os.Stat(part); err == nil {
		t.Error("an abandoned download is there")
	}
	if _, err := os.Stat(k.path(kindGit, "old"+lockSuffix)); err == nil {
		t.Error("its lock is there")
	}
	list, err := List(filepath.Dir(k.dir))
	if err != nil || len(list) != 2 || list[0].Name != "git/new" || list[0].InUse || !list[1].InUse || list[1].Type != "source.git.checkout" {
		t.Errorf("list: %+v, %v", list, err)
	}
	freed, err = Prune(filepath.Dir(k.dir), 0)
	if err != nil || len(freed) != 1 || freed[0].Name != "git/new" {
		t.Errorf("prune: %v, %v", freed, err)
	}
}
