package copytar

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// mirrorChild is set in a child that mirrors its standard input below a root again and
// again, and namedChild if its drafts have names from the beginning.
const (
	mirrorChild = "MOCKER_TEST_MIRROR_ROOT"
	namedChild  = "MOCKER_TEST_MIRROR_NAMED"
)

func TestMain(m *testing.M) {
	root := os.Getenv(mirrorChild)
	if root == "" {
		os.Exit(m.Run())
	}
	named = os.Getenv(namedChild) != ""
	os.Exit(mirrorForever(root))
}

// mirrorForever does what a container's side does, without an end.
func mirrorForever(root string) int {
	r, err := os.Open(root)
	if err != nil {
		return 1
	}
	for n := 0; ; n++ {
		var stream bytes.Buffer
		w := tar.NewWriter(&stream)
		for _, name := range []string{"a", "d/b", "d/e/c"} {
			text := whole(n)
			_ = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(text))})
			_, _ = w.Write([]byte(text))
			_ = w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: name + "-link", Linkname: fmt.Sprint(n)})
		}
		_ = w.Close()
		if _, err := Mirror(context.Background(), &stream, r, "/app", func(uid, gid int) (int, int) { return -1, -1 }); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
}

// whole is a content that tells whether it is all there.
func whole(n int) string { return strings.Repeat(fmt.Sprintf("%08d", n), 20_000) }

// drafts are the names of drafts below a directory.
func drafts(t *testing.T, dir string) (out []string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && isDraft(d.Name()) {
			out = append(out, path)
		}
		return err
	}))
	return out
}

// Whoever writes may be killed at any moment: what has its name is whole, and what is left
// beside is gone with the next copy, wherever below the destination it was for.
func TestMirrorKilled(t *testing.T) {
	for name, env := range map[string]string{"without names": "", "with names": "1"} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			root := t.TempDir()
			left := 0
			for range 25 {
				c := exec.Command(os.Args[0])
				c.Env = append(os.Environ(), mirrorChild+"="+root, namedChild+"="+env)
				var said bytes.Buffer
				c.Stderr = &said
				must(t, c.Start())
				time.Sleep(time.Duration(20+rand.IntN(60)) * time.Millisecond)
				must(t, c.Process.Kill())
				c.Wait()
				if said.Len() > 0 {
					t.Fatal(said.String())
				}
				left += len(drafts(t, root))
				for _, name := range []string{"a", "d/b", "d/e/c"} {
					b, err := os.ReadFile(filepath.Join(root, "app", name))
					if err != nil {
						continue // it was killed before the first
					}
					if len(b) != 160_000 || strings.Count(string(b), string(b[:8])) != 20_000 {
						t.Fatalf("%s has %d bytes, not all of one copy", name, len(b))
					}
				}
			}
			_, err := mirrored(t, root, "/app", "x=1")
			must(t, err)
			if now := drafts(t, root); len(now) > 0 {
				t.Errorf("left for good: %q", now)
			}
			t.Logf("%d drafts were left, and found", left)
		})
	}
}

// What was left goes, and nothing else: not a draft that somebody is writing, and no file
// that is only called like one.
func TestSweep(t *testing.T) {
	root := t.TempDir()
	app := filepath.Join(root, "app")
	must(t, os.Mkdir(app, 0o755))
	stale, link, live, mine := draftName(), draftName(), draftName(), draftPrefix+"0123456789abcdef-00000000"
	for _, name := range []string{stale, live, mine} {
		must(t, os.WriteFile(filepath.Join(app, name), []byte(name), 0o600))
	}
	must(t, os.Symlink("x", filepath.Join(app, link)))
	f, err := os.Open(filepath.Join(app, live))
	must(t, err)
	defer f.Close()
	must(t, unix.Flock(int(f.Fd()), unix.LOCK_EX))
	_, err = mirrored(t, root, "/app", "-none")
	must(t, err)
	for name, want := range map[string]bool{stale: false, link: false, live: true, mine: true} {
		if _, err := os.Lstat(filepath.Join(app, name)); (err == nil) != want {
			t.Errorf("%s: %v, want it there: %v", name, err, want)
		}
	}
}

// With a name from the beginning, files come out as they do without.
func TestMirrorNamed(t *testing.T) {
	named = true
	defer func() { named = false }()
	root := t.TempDir()
	must(t, os.MkdirAll(root+"/app/d", 0o755))
	must(t, os.WriteFile(root+"/app/a", []byte("old"), 0o600))
	_, err := mirrored(t, root, "/app", "a=new", "d/b=2", "l->a", "d=3", "-d/b", "e/f/g=4")
	must(t, err)
	if got := listed(t, root); got != "app/ app/a=new app/d/ app/e/ app/e/f/ app/e/f/g=4 app/l->a" {
		t.Errorf("there is %s", got)
	}
}

func TestIsDraft(t *testing.T) {
	for range 100 {
		if name := draftName(); !isDraft(name) || len(name) > 255 {
			t.Errorf("%s is not known again", name)
		}
	}
	for _, name := range []string{"", ".", "a", draftPrefix, draftPrefix + "-", draftPrefix + "0123456789abcdef", draftPrefix + "0123456789abcdef-", draftName() + "x", "x" + draftName(), draftName()[1:]} {
		if isDraft(name) {
			t.Errorf("%q is taken for a draft", name)
		}
	}
}
