package safepath

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOpenBeneath: no link is followed, by the kernel's way or by ours.
func TestOpenBeneath(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"a/b", "out"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"a/l": "b", "a/abs": "/etc", "a/up": "..", "a/b/f2": "f"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "a/b/f"), []byte("f"), 0o644); err != nil {
		t.Fatal(err)
	}
	root, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, walk := range []bool{false, true} {
		ForceWalk(walk)
		t.Cleanup(func() { ForceWalk(false) })
		for _, c := range []struct {
			path  string
			flags int
			want  error
		}{
			{"a/b/f", unix.O_RDONLY, nil},
			{"/a//b/./f", unix.O_RDONLY, nil},
			{"a/./b//f", unix.O_RDONLY, nil},
			{"", unix.O_PATH, nil},
			{"a/b", unix.O_PATH | unix.O_DIRECTORY, nil},
			{"a/l", unix.O_PATH, nil}, // itself
			{"a/l", unix.O_PATH | unix.O_DIRECTORY, unix.ENOTDIR},
			{"a/l/f", unix.O_RDONLY, unix.ELOOP},
			{"a/abs/passwd", unix.O_RDONLY, unix.ELOOP},
			{"a/up", unix.O_RDONLY, unix.ELOOP},
			{"a/b/f2", unix.O_RDONLY, unix.ELOOP},
			{"../x", unix.O_RDONLY, unix.EXDEV},
			{"a/b/f/x", unix.O_RDONLY, unix.ENOTDIR},
			{"a/nope", unix.O_RDONLY, unix.ENOENT},
		} {
			f, err := OpenBeneath(root, c.path, c.flags)
			if err == nil {
				f.Close()
			}
			if !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("walk %v, %q: %v, want %v", walk, c.path, err, c.want)
			}
		}
	}
}
