package safepath

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// planted is a root with links out of it, beside a secret.
func planted(t *testing.T) (dir string, root *os.File) {
	dir = t.TempDir()
	tree(t, dir, "outside/secret", "root/etc/passwd", "root/secret", "root/a/b/c/",
		"root/abs -> /etc/passwd", "root/up -> ../../../../../../secret", "root/dir -> a/b",
		"root/out -> "+dir+"/outside/secret", "root/outdir -> ../outside", "root/loop -> loop2", "root/loop2 -> loop",
		"root/chain -> dir/../../abs", "root/dangling -> /new/place", "root/absdir -> /a/b", "root/dots -> a/b/c/../../../etc")
	return dir, openRoot(t, dir+"/root")
}

func TestOpenInRoot(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		_, root := planted(t)
		for _, c := range []struct {
			path string
			want string // content, or
			err  error
		}{
			{"etc/passwd", "root/etc/passwd", nil},
			{"/etc/passwd", "root/etc/passwd", nil},
			{"//etc/./passwd", "root/etc/passwd", nil},
			{"../../../etc/passwd", "root/etc/passwd", nil},
			{"abs", "root/etc/passwd", nil},
			{"up", "root/secret", nil},
			{"chain", "root/etc/passwd", nil},
			{"absdir/../../secret", "root/secret", nil},
			{"dir/../../secret", "root/secret", nil},
			{"dots/passwd", "root/etc/passwd", nil},
			{"out", "", unix.ENOENT},
			{"outdir/secret", "", unix.ENOENT},
			{"loop", "", unix.ELOOP},
			{"dangling", "", unix.ENOENT},
			{"etc/passwd/x", "", unix.ENOTDIR},
			{"etc/passwd/", "", unix.ENOTDIR},
			{"nothing", "", unix.ENOENT},
		} {
			f, err := OpenInRoot(root, c.path, unix.O_RDONLY)
			if !errors.Is(err, c.err) {
				t.Errorf("%s: %v, want %v", c.path, err, c.err)
			}
			if err != nil {
				continue
			}
			b, _ := io.ReadAll(f)
			f.Close()
			if string(b) != c.want {
				t.Errorf("%s: read %q, want %q", c.path, b, c.want)
			}
		}
	})
}

func TestOpenInRootFlags(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		dir, root := planted(t)
		if _, err := OpenInRoot(root, "abs", unix.O_RDONLY|unix.O_NOFOLLOW); !errors.Is(err, unix.ELOOP) {
			t.Errorf("a link with O_NOFOLLOW: %v", err)
		}
		same := func(path string, flags int, want string) {
			t.Helper()
			f, err := OpenInRoot(root, path, flags)
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			got, err1 := f.Stat()
			exp, err2 := os.Lstat(filepath.Join(dir, want))
			if err := errors.Join(err1, err2); err != nil || !os.SameFile(got, exp) {
				t.Errorf("%s is not %s (%v)", path, want, err)
			}
		}
		same("abs", unix.O_PATH|unix.O_NOFOLLOW, "root/abs")
		same("abs", unix.O_PATH, "root/etc/passwd")
		same("/", unix.O_RDONLY|unix.O_DIRECTORY, "root")
		same("..", unix.O_PATH, "root")
		same("", unix.O_PATH, "root")
		same("dir/..", unix.O_PATH|unix.O_DIRECTORY, "root/a")
		if _, err := OpenInRoot(root, "abs", unix.O_PATH|unix.O_DIRECTORY); !errors.Is(err, unix.ENOTDIR) {
			t.Errorf("a file with O_DIRECTORY: %v", err)
		}
	})
}

// TestMagicLinks: the links of /proc to open files lead nowhere.
func TestMagicLinks(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		proc := openRoot(t, "/proc")
		if f, err := OpenInRoot(proc, "self/root/etc/passwd", unix.O_PATH); err == nil {
			t.Errorf("opened %s through a magic link", f.Name())
			f.Close()
		}
	})
}

// TestRacingRename swaps a directory for a link out of the root while others
// open, make and delete through it: no secret is read, nothing is made or
// deleted outside.
func TestRacingRename(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		dir := t.TempDir()
		tree(t, dir, "outside/f", "outside/keep", "root/d/f", "root/evil -> ../outside")
		root := openRoot(t, dir+"/root")
		again, err := os.OpenRoot(dir + "/root") // for repairs: it refuses to leave, too
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		done := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					unix.Renameat2(int(root.Fd()), "d", int(root.Fd()), "evil", unix.RENAME_EXCHANGE)
				}
			}
		})
		for range 200 {
			if f, err := OpenInRoot(root, "d/f", unix.O_RDONLY); err == nil {
				if b, _ := io.ReadAll(f); string(b) == "outside/f" {
					t.Error("read outside")
				}
				f.Close()
			}
			if f, err := MkdirAllInRoot(root, "d/new/deep", 0o755); err == nil {
				f.Close()
			}
			if f, err := CreateFileOwned(root, "d/file", 0o644, nil); err == nil {
				f.Close()
			}
			RemoveAll(root, "d")
			again.Mkdir("d", 0o755)
			again.WriteFile("d/f", []byte("root/d/f"), 0o644)
			again.Symlink("../outside", "evil")
		}
		close(done)
		wg.Wait()
		left, err := os.ReadDir(dir + "/outside")
		if err != nil {
			t.Fatal(err)
		}
		if len(left) != 2 {
			t.Errorf("outside holds %v, want f and keep", left)
		}
		if b, err := os.ReadFile(dir + "/outside/f"); string(b) != "outside/f" {
			t.Errorf("written outside: %q, %v", b, err)
		}
	})
}
