package layer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestCopy(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	old := time.Date(2001, 2, 3, 4, 5, 6, 7000, time.UTC)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(from, "dir/closed"), 0o755))
	must(os.WriteFile(filepath.Join(from, "dir/f"), []byte("hello"), 0o600))
	must(unix.Chmod(filepath.Join(from, "dir/f"), 0o4751))
	must(os.Link(filepath.Join(from, "dir/f"), filepath.Join(from, "hard")))
	must(os.Symlink("/etc/passwd", filepath.Join(from, "dir/out")))
	must(unix.Mkfifo(filepath.Join(from, "fifo"), 0o640))
	must(os.WriteFile(filepath.Join(from, "dir/closed/x"), []byte("x"), 0o400))
	must(os.Chtimes(filepath.Join(from, "dir/f"), old, old))
	must(os.Chtimes(filepath.Join(from, "dir"), old, old))
	must(os.Chmod(filepath.Join(from, "dir/closed"), 0o555))
	t.Cleanup(func() {
		_ = os.Chmod(filepath.Join(from, "dir/closed"), 0o755)
		_ = os.Chmod(filepath.Join(to, "dir/closed"), 0o755)
	})
	must(Copy(t.Context(), []string{from}, to))
	for _, name := range []string{".", "dir", "dir/closed", "dir/closed/x", "dir/f", "dir/out", "fifo", "hard"} {
		a, err := os.Lstat(filepath.Join(from, name))
		must(err)
		b, err := os.Lstat(filepath.Join(to, name))
		must(err)
		if a.Mode() != b.Mode() || !a.ModTime().Equal(b.ModTime()) || (a.Mode().IsRegular() && a.Size() != b.Size()) {
			t.Errorf("%s: %v %v %d, was %v %v %d", name, b.Mode(), b.ModTime(), b.Size(), a.Mode(), a.ModTime(), a.Size())
		}
	}
	x, _ := os.Stat(filepath.Join(to, "hard"))
	y, _ := os.Stat(filepath.Join(to, "dir/f"))
	if !os.SameFile(x, y) {
		t.Error("the hard link became a file of its own")
	}
	if b, err := os.ReadFile(filepath.Join(to, "dir/f")); err != nil || string(b) != "hello" {
		t.Errorf("content %q %v", b, err)
	}
	if link, _ := os.Readlink(filepath.Join(to, "dir/out")); link != "/etc/passwd" {
		t.Errorf("link to %q", link)
	}
}

func TestCopyStops(t *testing.T) {
	from := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Copy(ctx, []string{from}, filepath.Join(t.TempDir(), "b")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := Copy(t.Context(), []string{from}, from); err == nil {
		t.Error("copied over something that exists")
	}
}
