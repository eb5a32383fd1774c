package copying

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// TestStages: what comes from a stage keeps whose it is.
func TestStages(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("files are given to other users: run it as root")
	}
	from := plant(t, "5:6 640 bin/tool=T, 7:8 750 bin/d/, 9:9 bin/d/f=F, bin/d/l -> f, 4755 bin/su=S, app/x=X, lnk -> bin")
	if err := os.Link(from.Name()+"/bin/tool", from.Name()+"/bin/d/tool2"); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(from.Name()+"/bin/pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"bin /x":                         "x/, 7:8 750 x/d/, 9:9 x/d/f=F, x/d/l -> f, 5:6 640 x/d/tool2=T, 600 x/pipe|, 4755 x/su=S, 5:6 640 x/tool=T",
		"lnk/tool /x":                    "5:6 640 x=T",
		"--chown=1:2 bin/d /x":           "1:2 x/, 1:2 x/f=F, 1:2 x/l -> f, 1:2 640 x/tool2=T",
		"--chmod=711 bin/tool /x":        "5:6 711 x=T",
		"bin/* /x/":                      "x/, 9:9 x/f=F, x/l -> f, 600 x/pipe|, 4755 x/su=S, 5:6 640 x/tool=T, 5:6 640 x/tool2=T",
		"--exclude=d --exclude=p* bin /": "4755 su=S, 5:6 640 tool=T",
		"nope /x":                        `!"/nope": not found`,
	} {
		root := plant(t)
		c, err := flags(line)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Copy(t.Context(), &build.CopyJob{Copy: c}, Options{Root: root, From: from})
		if bad, ok := strings.CutPrefix(want, "!"); ok {
			if err == nil || !strings.Contains(err.Error(), bad) {
				t.Errorf("%s: %v", line, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if got := show(t, root.Name()); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
		if line == "bin /x" {
			sameFile(t, root.Name()+"/x/tool", root.Name()+"/x/d/tool2")
		}
	}
}

func sameFile(t *testing.T, a, b string) {
	t.Helper()
	x, err := os.Stat(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.Stat(b)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(x, y) {
		t.Errorf("%s and %s are two files", a, b)
	}
}

// TestKept: times, holes, attributes and capabilities.
func TestKept(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("file capabilities: run it as root")
	}
	from := plant(t, "d/f=F, d/hole")
	hole := from.Name() + "/d/hole"
	if err := os.Truncate(hole, 64<<20); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(from.Name()+"/d/f", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	capability := layer.Xattr{Name: "security.capability", Value: "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"}
	for _, x := range []layer.Xattr{capability, {Name: "user.mine", Value: "1"}} {
		if err := layer.SetAttribute(f, x); err != nil {
			t.Skip(err)
		}
	}
	if err := layer.SetTimes(f, unix.Timespec{Sec: 1_400_000_000, Nsec: 123456789}); err != nil {
		t.Fatal(err)
	}
	root := plant(t)
	if _, err := Copy(t.Context(), &build.CopyJob{Copy: &build.Copy{Paths: []string{"d"}, Dest: "/x"}}, Options{Root: root, From: from}); err != nil {
		t.Fatal(err)
	}
	out := openDir(t, root.Name()+"/x/f")
	if got := layer.Attributes(out); len(got) != 2 || got[0] != capability || got[1].Value != "1" {
		t.Errorf("attributes %v", got)
	}
	st, err := os.Stat(root.Name() + "/x/f")
	if err != nil || !st.ModTime().Equal(time.Unix(1_400_000_000, 123456789)) {
		t.Errorf("time %v, %v", st.ModTime(), err)
	}
	var hst unix.Stat_t
	if err := unix.Stat(root.Name()+"/x/hole", &hst); err != nil || hst.Size != 64<<20 || hst.Blocks > 100 {
		t.Errorf("a hole of %d bytes has %d blocks: %v", hst.Size, hst.Blocks, err)
	}
	// From a context they do not count.
	root = plant(t)
	j, err := job(t, from, &build.Copy{Paths: []string{"d"}, Dest: "/x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Copy(t.Context(), j, Options{Root: root}); err != nil {
		t.Fatal(err)
	}
	if got := layer.Attributes(openDir(t, root.Name()+"/x/f")); len(got) > 0 {
		t.Errorf("of a context: %v", got)
	}
}

// TestChanged: what is not any more what was hashed is said, whatever it has become.
func TestChanged(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"written":     func(p string) error { return os.WriteFile(p, []byte("other"), 0o644) },
		"mode":        func(p string) error { return os.Chmod(p, 0o600) },
		"deleted":     os.Remove,
		"a link":      func(p string) error { return replace(p, func() error { return os.Symlink("/etc/passwd", p) }) },
		"a directory": func(p string) error { return replace(p, func() error { return os.Mkdir(p, 0o755) }) },
		"a fifo":      func(p string) error { return replace(p, func() error { return unix.Mkfifo(p, 0o600) }) },
		"another with the old time": func(p string) error {
			st, err := os.Stat(p)
			if err != nil {
				return err
			}
			return replace(p, func() error {
				if err := os.WriteFile(p, []byte("B"), 0o644); err != nil {
					return err
				}
				return os.Chtimes(p, st.ModTime(), st.ModTime())
			})
		},
	} {
		src := plant(t, "d/f=A, d/other=O")
		j, err := job(t, src, &build.Copy{Paths: []string{"d"}, Dest: "/x/"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(12 * time.Millisecond) // the kernel's clock goes on
		if err := change(src.Name() + "/d/f"); err != nil {
			t.Fatal(err)
		}
		root := plant(t)
		res, err := Copy(t.Context(), j, Options{Root: root})
		if err != nil || len(res.Changed) != 1 || res.Changed[0] != "/d/f" {
			t.Errorf("%s: %v, %v", name, res.Changed, err)
		}
		if b, _ := os.ReadFile(root.Name() + "/x/f"); strings.Contains(string(b), "root:") {
			t.Errorf("%s: a link was followed", name)
		}
		if _, err := os.Stat(filepath.Join(root.Name(), "x/other")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func replace(path string, with func() error) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return with()
}

func TestMakeDir(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("directories are given to other users: run it as root")
	}
	for _, c := range []struct {
		path, user, want string
	}{
		{"/a/b", "", "a/, a/b/"},
		{"/app", "", ""},
		{"/app/new/x", "5:6", "5:6 app/new/, 5:6 app/new/x/"},
		{"/app/new", "app", "1000:1001 app/new/"},
		{"/lnk/new", "9", "9:9 app/new/"},
		{"/deep/x", "", "app/deep/, app/deep/x/"},
		{"/esc/x", "", "out/, out/x/"},
		{"/", "", ""},
		{"/file/x", "", "!not a directory"},
		{"/file", "", "!not a directory"},
		{"/x", "nope", "!unknown user"},
	} {
		root := plant(t, rulesRoot)
		before := show(t, root.Name())
		err := MakeDir(root, nil, &build.MakeDir{Path: c.path, User: c.user})
		if bad, ok := strings.CutPrefix(c.want, "!"); ok {
			if err == nil || !strings.Contains(err.Error(), bad) {
				t.Errorf("%s: %v", c.path, err)
			}
			continue
		}
		if got := difference(before, show(t, root.Name())); err != nil || got != c.want {
			t.Errorf("%s: %s, want %s (%v)", c.path, got, c.want, err)
		}
	}
}

// TestFetched: what comes from an address is a file like others, and is unpacked only if
// that is asked for.
func TestFetched(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("archives have owners: run it as root")
	}
	local, fetched := plant(t, "a=A"), plant(t)
	if err := os.WriteFile(fetched.Name()+"/t.tar", archive(t, "in=I"), 0o600); err != nil {
		t.Fatal(err)
	}
	yes := true
	for want, unpack := range map[string]*bool{"x/, x/a=A, 5:6 640 x/in=I": &yes, "x/, x/a=A, 600 x/t.tar": nil} {
		j, err := job(t, local, &build.Copy{Add: true, Paths: []string{"a"}, Dest: "/x/", Unpack: unpack})
		if err != nil {
			t.Fatal(err)
		}
		f, err := job(t, fetched, &build.Copy{Paths: []string{"t.tar"}})
		if err != nil {
			t.Fatal(err)
		}
		f.Entries[0].Fetched = 1
		j.Entries, j.Fetched = append(j.Entries, f.Entries...), []*os.File{fetched}
		root := plant(t)
		if _, err := Copy(t.Context(), j, Options{Root: root, Unpack: direct}); err != nil {
			t.Fatal(err)
		}
		got, _, _ := strings.Cut(show(t, root.Name()), "t.tar=")
		if got != want && got+"t.tar" != want {
			t.Errorf("%s, want %s", got, want)
		}
		j.Entries[1].Fetched = 2
		if _, err := Copy(t.Context(), j, Options{Root: root}); err == nil || !strings.Contains(err.Error(), "nobody says where it is") {
			t.Errorf("a directory that did not come: %v", err)
		}
	}
}
