package copytar

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mirrored applies entries ("name=text", "name/" for a directory, "name->link", "-name"
// for one that goes) below dst of a root.
func mirrored(t *testing.T, root, dst string, entries ...string) (left []string, err error) {
	t.Helper()
	var stream bytes.Buffer
	w := tar.NewWriter(&stream)
	for _, e := range entries {
		h := &tar.Header{Typeflag: tar.TypeReg, Mode: 0o640, Uid: os.Getuid(), Gid: os.Getgid(), Format: tar.FormatPAX}
		text := ""
		switch name, rest, found := strings.Cut(e, "="); {
		case found:
			h.Name, text = name, rest
		case strings.HasPrefix(e, "-"):
			h.Name, h.Typeflag = e[1:], Removed
		case strings.HasSuffix(e, "/"):
			h.Name, h.Typeflag, h.Mode = e, tar.TypeDir, 0o750
		default:
			h.Name, h.Linkname, _ = strings.Cut(e, "->")
			h.Typeflag = tar.TypeSymlink
		}
		h.Size = int64(len(text))
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := os.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return Mirror(t.Context(), &stream, r, dst, func(uid, gid int) (int, int) { return uid, gid })
}

// listed is a tree: "name=text", "name/", "name->link".
func listed(t *testing.T, dir string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name := strings.TrimPrefix(path, dir+"/")
		switch {
		case d.IsDir():
			out = append(out, name+"/")
		case d.Type()&os.ModeSymlink != 0:
			to, _ := os.Readlink(path)
			out = append(out, name+"->"+to)
		default:
			b, _ := os.ReadFile(path)
			out = append(out, name+"="+string(b))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}

// What is there, what a stream says, and what is there then.
func TestMirror(t *testing.T) {
	for name, c := range map[string]struct {
		there, entries, want, left string
	}{
		"new":                     {"", "a=1 d/ d/b=2 e/f/g=3 l->a", "app/ app/a=1 app/d/ app/d/b=2 app/e/ app/e/f/ app/e/f/g=3 app/l->a", ""},
		"replaced":                {"app/a=old app/l->x", "a=new l->y", "app/ app/a=new app/l->y", ""},
		"file for link":           {"app/a->b app/b=keep", "a=new", "app/ app/a=new app/b=keep", ""},
		"removed":                 {"app/a=1 app/d/b=2 app/k=3", "-d/b -d -a -none -no/where", "app/ app/k=3", ""},
		"others stay":             {"app/d/b=2 app/d/other=3", "-d/b -d", "app/ app/d/ app/d/other=3", ""},
		"nothing to remove from":  {"", "-a -b/c", "", ""},
		"removed, then something": {"", "-a b=1", "app/ app/b=1", ""},
		"directory for file":      {"app/a=1", "a/ a/b=2", "app/ app/a/ app/a/b=2", ""},
		"file for directory":      {"app/a/b=1", "-a/b a=2", "app/ app/a=2", ""},
		"directory in the way":    {"app/a/other=1", "a=2 b=3", "app/ app/a/ app/a/other=1 app/b=3", "a directory is in the way"},
		"link in the way":         {"app/d->../etc etc/x=1", "d/ d/x=2 d/y=3 -d/x a=1", "app/ app/a=1 app/d->../etc etc/ etc/x=1", "is a link in the container"},
		"absolute link":           {"app/d->/etc etc/x=1", "d/x=2", "app/ app/d->/etc etc/ etc/x=1", "is a link in the container"},
		"target is a link":        {"app->srv srv/a=old", "a=new", "app->srv srv/ srv/a=new", ""},
		"file in the way":         {"app/a=1", "a/b/c=2", "app/ app/a=1", "is no directory in the container"},
	} {
		t.Run(strings.NewReplacer(" ", "_", ",", "").Replace(name), func(t *testing.T) {
			root := t.TempDir()
			for _, e := range strings.Fields(c.there) {
				if to, link, found := strings.Cut(e, "->"); found {
					must(t, os.MkdirAll(filepath.Dir(filepath.Join(root, to)), 0o755))
					must(t, os.Symlink(link, filepath.Join(root, to)))
					continue
				}
				to, text, _ := strings.Cut(e, "=")
				must(t, os.MkdirAll(filepath.Dir(filepath.Join(root, to)), 0o755))
				must(t, os.WriteFile(filepath.Join(root, to), []byte(text), 0o644))
			}
			left, err := mirrored(t, root, "/app", strings.Fields(c.entries)...)
			if err != nil {
				t.Fatal(err)
			}
			if got := listed(t, root); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if text := strings.Join(left, "\n"); (c.left == "") != (text == "") || !strings.Contains(text, c.left) {
				t.Errorf("left out %q, want %q", text, c.left)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Names that lead out are refused, whatever else the stream has.
func TestMirrorStaysInside(t *testing.T) {
	root := t.TempDir()
	must(t, os.WriteFile(root+"/out", []byte("keep"), 0o644))
	for _, e := range []string{"../out=x", "a/../../out=x", "-../out"} {
		if _, err := mirrored(t, root, "/app", e); err == nil {
			t.Errorf("%q is taken", e)
		}
	}
	if got := listed(t, root); got != "out=keep" && got != "app/ out=keep" {
		t.Errorf("there is %s", got)
	}
}

// Modes are those of the entries, and a file that is replaced is another one: who has it
// open reads the old one to its end.
func TestMirrorReplacesAtOnce(t *testing.T) {
	root := t.TempDir()
	must(t, os.MkdirAll(root+"/app", 0o755))
	must(t, os.WriteFile(root+"/app/a", []byte("old"), 0o600))
	f, err := os.Open(root + "/app/a")
	must(t, err)
	defer f.Close()
	_, err = mirrored(t, root, "/app", "a=new", "d/")
	must(t, err)
	b := make([]byte, 10)
	if n, _ := f.Read(b); string(b[:n]) != "old" {
		t.Errorf("who has the file open reads %q", b[:n])
	}
	a, err := os.Stat(root + "/app/a")
	must(t, err)
	d, err := os.Stat(root + "/app/d")
	must(t, err)
	if a.Mode().Perm() != 0o640 || d.Mode().Perm() != 0o750 {
		t.Errorf("modes %v and %v", a.Mode(), d.Mode())
	}
	if got := listed(t, root); got != "app/ app/a=new app/d/" {
		t.Errorf("there is %s", got)
	}
}

// Names as long as the kernel takes are copied, whatever their bytes are.
func TestMirrorLongNames(t *testing.T) {
	for _, name := range []string{strings.Repeat("a", 255), strings.Repeat("\u8a9e", 85), strings.Repeat("\U0001f433", 63), strings.Repeat("\xff", 255), strings.Repeat(".", 255), "line\nfeed"} {
		root := t.TempDir()
		if left, err := mirrored(t, root, "/d", name+"=text", "L"+name[1:]+"->x"); err != nil || len(left) > 0 {
			t.Errorf("%.20q: %v %v", name, left, err)
		}
		if b, err := os.ReadFile(filepath.Join(root, "d", name)); string(b) != "text" {
			t.Errorf("%.20q: %q %v", name, b, err)
		}
	}
}
