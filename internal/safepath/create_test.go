package safepath

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMkdirAllInRoot(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		for path, want := range map[string]string{
			"x/y/z":               "root/x/y/z",
			"a/b/c":               "root/a/b/c",
			"dir/new":             "root/a/b/new",
			"/absdir/n1/n2":       "root/a/b/n1/n2",
			"outdir/inside":       "root/outside/inside",
			"dangling":            "root/new/place",
			"dangling/below":      "root/new/place/below",
			"../../../q":          "root/q",
			"nope/../sideways":    "root/sideways",
			"a/b/c/../../../e/./": "root/e",
			"/":                   "root",
		} {
			dir, root := planted(t)
			f, err := MkdirAllInRoot(root, path, 0o750)
			if err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			got, err1 := f.Stat()
			exp, err2 := os.Lstat(dir + "/" + want)
			f.Close()
			if err := errors.Join(err1, err2); err != nil || !os.SameFile(got, exp) || !got.IsDir() {
				t.Errorf("%s is not %s (%v)", path, want, err)
			}
			outside, _ := os.ReadDir(dir + "/outside")
			if len(outside) != 1 {
				t.Errorf("%s: outside holds %v", path, outside)
			}
		}
		_, root := planted(t)
		for path, want := range map[string]error{"etc/passwd": unix.ENOTDIR, "abs/x": unix.ENOTDIR, "loop/x": unix.ELOOP} {
			if _, err := MkdirAllInRoot(root, path, 0o755); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", path, err, want)
			}
		}
	})
}

func TestCreateFileOwned(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		for path, want := range map[string]string{
			"new":                "root/new",
			"x/y/file":           "root/x/y/file",
			"etc/passwd":         "root/etc/passwd",
			"abs":                "root/etc/passwd",
			"out":                "",
			"dangling":           "root/new/place",
			"outdir/resolv.conf": "root/outside/resolv.conf",
		} {
			dir, root := planted(t)
			f, err := CreateFileOwned(root, path, 0o600, nil)
			if err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			got, err := f.Stat()
			f.Close()
			if err != nil || !got.Mode().IsRegular() {
				t.Errorf("%s: %v, %v", path, got, err)
			}
			if want == "" {
				want = "root/" + dir + "/outside/secret" // the link's text, inside the root
			}
			if exp, err := os.Lstat(dir + "/" + want); err != nil || !os.SameFile(got, exp) {
				t.Errorf("%s is not %s (%v)", path, want, err)
			}
		}
		_, root := planted(t)
		for path, want := range map[string]error{"a/b": unix.EISDIR, "/": unix.EISDIR, "etc/passwd/x": unix.ENOTDIR} {
			if _, err := CreateFileOwned(root, path, 0o600, nil); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", path, err, want)
			}
		}
	})
}

func TestExistingFileIsLeftAlone(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		dir, root := planted(t)
		f, err := CreateFileOwned(root, "etc/passwd", 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		if b, err := os.ReadFile(dir + "/root/etc/passwd"); string(b) != "root/etc/passwd" {
			t.Errorf("%q, %v", b, err)
		}
	})
}

func TestModesDoNotDependOnTheUmask(t *testing.T) {
	defer unix.Umask(unix.Umask(0o077))
	bothWays(t, func(t *testing.T) {
		dir := t.TempDir()
		f, err := CreateFileOwned(openRoot(t, dir), "a/b/f", 0o644, nil)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		for path, want := range map[string]os.FileMode{"a": 0o755, "a/b": 0o755, "a/b/f": 0o644} {
			if st, err := os.Stat(dir + "/" + path); err != nil || st.Mode().Perm() != want {
				t.Errorf("%s: %v, %v, want %v", path, st.Mode(), err, want)
			}
		}
	})
}
