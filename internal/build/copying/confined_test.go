package copying

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// addArchive has the real child unpack b.
func addArchive(t *testing.T, b []byte, into ...string) (root *os.File, res Result, err error) {
	t.Helper()
	src := plant(t)
	if err := os.WriteFile(src.Name()+"/a", b, 0o644); err != nil {
		t.Fatal(err)
	}
	root = plant(t, into...)
	j, err := job(t, src, &build.Copy{Add: true, Paths: []string{"a"}, Dest: "/x/"})
	if err != nil {
		t.Fatal(err)
	}
	res, err = Copy(t.Context(), j, Options{Root: root, Single: true})
	if err != nil && strings.Contains(err.Error(), "built with cgo") {
		t.Skip(err)
	}
	return root, res, err
}

// TestConfinedUnpack has the child unpack archives of all kinds.
func TestConfinedUnpack(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	plain := archive(t, "d/", "d/f=F", "l -> d/f")
	for name, pack := range map[string]func() []byte{
		"tar":  func() []byte { return plain },
		"gzip": func() []byte { return gzipped(t, plain) },
		"xz":   func() []byte { return packed(t, plain, "xz", "-c") },
		"bz2":  func() []byte { return packed(t, plain, "bzip2", "-c") },
		"zstd": func() []byte { return packed(t, plain, "zstd", "-c") },
	} {
		t.Run(name, func(t *testing.T) {
			root, _, err := addArchive(t, pack())
			if err != nil {
				t.Fatal(err)
			}
			if got := show(t, root.Name()); got != "x/, 750 x/d/, 640 x/d/f=F, x/l -> d/f" {
				t.Error(got)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		root, _, err := addArchive(t, gzipped(t, []byte("just text")))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(root.Name() + "/x/a"); len(b) < 10 || b[0] != 0x1f {
			t.Errorf("%q, %v", b, err)
		}
	})
}

// enormous is the begin of an archive of a file that no disk holds.
func enormous(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tar.NewWriter(&b).WriteHeader(&tar.Header{Name: "f", Size: 1 << 40, Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	return append(b.Bytes(), make([]byte, 1<<20)...)
}

// TestHostileArchives: nothing is written outside of the destination, not even in the
// root that it is in.
func TestHostileArchives(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	for name, c := range map[string]struct {
		b    []byte
		want string // of an error; "" = there is none
	}{
		"a name that leads out":      {archive(t, "../evil=E"), "leads up"},
		"through a link":             {archive(t, "l -> ..", "l/evil=E"), ""},
		"through an absolute one":    {archive(t, "l -> /", "l/evil=E"), ""},
		"through one that was there": {archive(t, "was/evil=E"), ""},
		"a bomb":                     {enormous(t), "have more than"},
		"cut off":                    {archive(t, "f="+strings.Repeat("x", 5000))[:3000], "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			root, _, err := addArchive(t, c.b, "x/was -> ../app, app/old=o")
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
			for _, place := range []string{"evil", "app/evil", "../evil"} {
				if _, err := os.Lstat(filepath.Join(root.Name(), place)); err == nil {
					t.Errorf("%s is there", place)
				}
			}
			if b, _ := os.ReadFile(root.Name() + "/app/old"); string(b) != "o" {
				t.Errorf("app/old is %q", b)
			}
		})
	}
}

// TestNothingStaysOpen: neither files nor processes.
func TestNothingStaysOpen(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("files are given to other users: run it as root")
	}
	src := plant(t, rulesContext)
	count := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	root := plant(t, rulesRoot)
	before := 0
	for i := range 3 {
		for _, r := range rules {
			c, err := flags(r.copy)
			if err != nil {
				t.Fatal(err)
			}
			if j, err := job(t, src, c); err == nil {
				_, _ = Copy(t.Context(), j, Options{Root: root, Unpack: direct})
			}
		}
		if i == 0 {
			before = count()
		}
	}
	if after := count(); after > before {
		t.Errorf("%d files are open, before there were %d", after, before)
	}
}
