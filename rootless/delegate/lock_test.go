package delegate

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

// Whoever may list the directory may hold its lock: we wait, but not for good.
func TestLock(t *testing.T) {
	open := func() *group {
		root, err := os.OpenRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { root.Close() })
		return &group{"/g", root}
	}
	g := open()
	unlock, err := g.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := g.lock(ctx); err == nil || !strings.Contains(err.Error(), "lock /g: another process holds it") {
		t.Errorf("held by somebody else: %v", err)
	}
	done := make(chan error, 1)
	go func() {
		unlock, err := g.lock(t.Context())
		if err == nil {
			unlock()
		}
		done <- err
	}()
	unlock()
	if err := <-done; err != nil {
		t.Errorf("given back: %v", err)
	}
}

// A directory of the same name that was made since is not ours to remove.
func TestRemoveLeavesAnother(t *testing.T) {
	r := newRooms(t)
	if r == nil {
		return
	}
	t.Setenv(HandOver, r.dir)
	d := r.obtain()
	old := d
	old.Inode++
	if err := old.remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(d.Dir + "/" + Holder); err != nil {
		t.Errorf("it was removed: %v", err)
	}
	if got := r.of(r.req.Holder); got != d.Dir+"/"+Holder {
		t.Errorf("the holder is in %s", got)
	}
	if err := d.Release(t.Context()); err != nil {
		t.Error(err)
	}
	r.gone(d.Dir)
}
