package safepath

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func gone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: %v, want it gone", path, err)
	}
}

func TestRemoveAll(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		dir := t.TempDir()
		tree(t, dir, "outside/keep", "root/t/a/b/c/f", "root/t/l -> ../../outside", "root/t/a/l2 -> "+dir+"/outside/keep",
			"root/link -> ../outside", "root/file", "root/other/f")
		for i := range 600 {
			tree(t, dir+"/root/t", fmt.Sprintf("many/%d", i))
		}
		unix.Mkfifo(dir+"/root/t/fifo", 0o600)
		root := openRoot(t, dir+"/root")
		for _, name := range []string{"t", "link", "file", "not there"} {
			if err := RemoveAll(root, name); err != nil {
				t.Error(err)
			}
			gone(t, filepath.Join(dir, "root", name))
		}
		if err := RemoveAll(root, strings.Repeat("x", 300)); err != nil {
			t.Errorf("what no file could be named is not there: %v", err)
		}
		for _, keep := range []string{"outside/keep", "root/other/f"} {
			if _, err := os.Lstat(filepath.Join(dir, keep)); err != nil {
				t.Error(err)
			}
		}
		for _, bad := range []string{"", ".", "..", "other/f", "../outside", "/", "a\x00b"} {
			if err := RemoveAll(root, bad); err == nil {
				t.Errorf("%q was taken for a name", bad)
			}
		}
	})
}

// TestRemoveClosedDirectories: as a plain user (modes do not stop root), trees
// that their owner may not even read.
func TestRemoveClosedDirectories(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		dir := t.TempDir()
		tree(t, dir, "t/a/b/f", "t/c/f", "t/ro/f")
		for _, d := range []string{"t/a/b", "t/a", "t/c"} {
			if err := os.Chmod(filepath.Join(dir, d), 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(dir+"/t/ro", 0o555); err != nil {
			t.Fatal(err)
		}
		if err := RemoveAll(openRoot(t, dir), "t"); err != nil {
			t.Error(err)
		}
		gone(t, dir+"/t")
	})
}

func TestRemoveDeepTree(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		dir := t.TempDir()
		root := openRoot(t, dir)
		fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY, 0)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.Repeat("d", 100)
		for range 700 { // 70 KB of path: no open of the whole name could work
			if err := unix.Mkdirat(fd, name, 0o755); err != nil {
				t.Fatal(err)
			}
			next, err := unix.Openat(fd, name, unix.O_PATH|unix.O_DIRECTORY, 0)
			if err != nil {
				t.Fatal(err)
			}
			unix.Close(fd)
			fd = next
		}
		unix.Close(fd)
		if err := RemoveAll(root, name); err != nil {
			t.Error(err)
		}
		gone(t, dir+"/"+name)
	})
}

// TestRemoveStopsAtMounts: bind mounts of a directory and of a file, and a
// tmpfs, in a tree that is deleted.
func TestRemoveStopsAtMounts(t *testing.T) {
	if !inMountNS(t) {
		return
	}
	bothWays(t, func(t *testing.T) {
		dir := t.TempDir()
		tree(t, dir, "home/precious/f", "root/t/a/home/", "root/t/file", "root/t/tmp/", "root/t/rest/f", "root/top/")
		for _, m := range [][3]string{{"home", "root/t/a/home", ""}, {"home/precious/f", "root/t/file", ""}, {"", "root/t/tmp", "tmpfs"}, {"home", "root/top", ""}} {
			flags := uintptr(syscall.MS_BIND)
			if m[2] != "" {
				flags = 0
			}
			if err := syscall.Mount(filepath.Join(dir, m[0]), filepath.Join(dir, m[1]), m[2], flags, ""); err != nil {
				t.Fatal(err)
			}
			defer syscall.Unmount(filepath.Join(dir, m[1]), 0)
		}
		tree(t, dir, "root/t/tmp/precious")
		root := openRoot(t, dir+"/root")
		for _, name := range []string{"t", "top"} {
			if err := RemoveAll(root, name); !errors.Is(err, ErrMount) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, keep := range []string{"home/precious/f", "root/t/tmp/precious"} {
			if _, err := os.Lstat(filepath.Join(dir, keep)); err != nil {
				t.Error(err)
			}
		}
		gone(t, dir+"/root/t/rest")
	})
}
