package userspec

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// hostileRoot makes a root directory whose /etc is made by plant.
func hostileRoot(t *testing.T, plant func(etc string) error) *os.File {
	t.Helper()
	dir := t.TempDir()
	etc := filepath.Join(dir, "etc")
	if err := os.Mkdir(etc, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := plant(etc); err != nil {
		t.Fatal(err)
	}
	root, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func text(name, content string) func(string) error {
	return func(etc string) error { return os.WriteFile(filepath.Join(etc, name), []byte(content), 0o644) }
}

func TestHostileFiles(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("app:x:0:0::/:/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	giant := func(etc string) error {
		f, err := os.Create(filepath.Join(etc, "passwd"))
		if err != nil {
			return err
		}
		defer f.Close()
		return f.Truncate(1 << 30)
	}
	for _, c := range []struct {
		name  string
		plant func(string) error
		user  string
		says  string
	}{
		{"1 GiB passwd", giant, "app", "larger than 16 MiB"},
		{"1 GiB passwd, number", giant, "1000", "larger than 16 MiB"},
		{"1 GiB passwd, root", giant, "", "larger than 16 MiB"},
		{"long line", text("passwd", strings.Repeat("a", 2<<20)), "app", "line longer"},
		{"long group line", text("group", "g:x:1:"+strings.Repeat("app,", 1<<19)), "1:video", "line longer"},
		{"fifo", func(etc string) error { return unix.Mkfifo(filepath.Join(etc, "passwd"), 0o644) }, "app", "not a regular file"},
		{"directory", func(etc string) error { return os.Mkdir(filepath.Join(etc, "passwd"), 0o755) }, "app", "not a regular file"},
		{"link out", func(etc string) error { return os.Symlink(outside, filepath.Join(etc, "passwd")) }, "app", "unknown user"},
		{"link out, relative", func(etc string) error {
			return os.Symlink(strings.Repeat("../", 20)+outside, filepath.Join(etc, "passwd"))
		}, "app", "unknown user"},
		{"link to itself", func(etc string) error { return os.Symlink("passwd", filepath.Join(etc, "passwd")) }, "1000", "too many levels"},
		{"link into proc", func(etc string) error { return os.Symlink("/proc/self/environ", filepath.Join(etc, "passwd")) }, "app", "unknown user"},
		{"NUL in the line", text("passwd", "app:x:0:0::/a\x00b:/bin/sh\n"), "app", "unknown user"},
		{"too many groups", text("group", manyGroups()), "0", "in more than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := hostileRoot(t, c.plant)
			if c.name == "too many groups" {
				if err := os.WriteFile(filepath.Join(root.Name(), "etc", "passwd"), []byte("root:x:0:0::/root:/bin/sh\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			u, err := InRoot(root, c.user, nil)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%+v, error %v, want one that says %q", u, err, c.says)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
				t.Errorf("%d MiB were allocated", got>>20)
			}
		})
	}
}

func manyGroups() string {
	var b strings.Builder
	for i := range maxGroups + 2 {
		fmt.Fprintf(&b, "g%d:x:%d:root\n", i, i)
	}
	return b.String()
}

// Half a million accounts fit into what is read, and the last is found.
func TestManyAccounts(t *testing.T) {
	var b strings.Builder
	for i := range 500_000 {
		fmt.Fprintf(&b, "u%d:x:%d:1::/:/bin/s\n", i, i+1)
	}
	root := hostileRoot(t, text("passwd", b.String()))
	u, err := InRoot(root, "u499999", nil)
	if err != nil || u.UID != 500_000 {
		t.Errorf("%+v, %v", u, err)
	}
}
