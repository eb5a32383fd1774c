package layer

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// What docker copies into a new volume: everything, links as links, hard links
// together, with owners, modes, times and attributes, those of the top included.
func TestCopyTree(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	at := func(name string) string { return filepath.Join(from, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(at("d"), 0o700))
	must(os.WriteFile(at("d/f"), []byte("text"), 0o600))
	must(os.Link(at("d/f"), at("hard")))
	must(os.Symlink("/etc/passwd", at("out")))
	must(os.Symlink("nowhere", at("dangling")))
	must(unix.Mkfifo(at("fifo"), 0o640))
	must(unix.Setxattr(at("hard"), "user.mine", []byte("x"), 0))
	must(unix.Chmod(at("d/f"), 0o4755))
	must(os.Chmod(at("d"), 0o555))
	must(unix.Chmod(from, 0o1777))
	src, err := os.Open(from)
	must(err)
	defer src.Close()
	dst, err := os.Open(to)
	must(err)
	defer dst.Close()
	must(CopyTree(t.Context(), src, dst))
	must(os.Chmod(at("d"), 0o755)) // to be removed
	for name, mode := range map[string]os.FileMode{
		"": os.ModeDir | os.ModeSticky | 0o777, "d": os.ModeDir | 0o555, "d/f": os.ModeSetuid | 0o755,
		"out": os.ModeSymlink | 0o777, "dangling": os.ModeSymlink | 0o777, "fifo": os.ModeNamedPipe | 0o640,
	} {
		if st, err := os.Lstat(filepath.Join(to, name)); err != nil || st.Mode() != mode {
			t.Errorf("%s: %v, %v, want %v", name, st, err, mode)
		}
	}
	a, err := os.Stat(filepath.Join(to, "hard"))
	must(err)
	b, err := os.Stat(filepath.Join(to, "d/f"))
	must(err)
	if !os.SameFile(a, b) {
		t.Error("a hard link became a file of its own")
	}
	value := make([]byte, 8)
	if n, err := unix.Getxattr(filepath.Join(to, "hard"), "user.mine", value); err != nil || string(value[:n]) != "x" {
		t.Errorf("attribute %q, %v", value[:max(n, 0)], err)
	}
	must(os.Chmod(filepath.Join(to, "d"), 0o755))
}
