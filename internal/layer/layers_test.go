package layer

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// said is a file with content of its own.
func said(name, content string) entry { return entry{file(name), content} }

type entry struct {
	tar.Header
	content string
}

func plainly(h ...tar.Header) (list []entry) {
	for _, h := range h {
		h.Size = 0
		list = append(list, entry{h, ""})
	}
	return list
}

func wh(name string) entry { return entry{tar.Header{Name: name, Typeflag: tar.TypeReg}, ""} }

func pack(t testing.TB, list []entry) []byte {
	t.Helper()
	b, err := packed(list)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func packed(list []entry) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range list {
		e.Size = int64(len(e.content))
		err := w.WriteHeader(&e.Header)
		if err == nil {
			_, err = w.Write([]byte(e.content))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// stacks are images, the base layer first, and what a container sees.
var stacks = []struct {
	name   string
	layers [][]entry
	want   string
}{
	{"a later layer wins", [][]entry{{said("d/a", "1"), said("d/b", "1")}, {said("d/a", "2")}}, "d/ d/a=2 d/b=1"},
	{"whiteout of a file", [][]entry{{said("d/a", "1"), said("d/b", "1")}, {wh("d/.wh.a")}}, "d/ d/b=1"},
	{"whiteout of a directory", [][]entry{{said("d/a", "1"), said("e", "1")}, {wh(".wh.d")}}, "e=1"},
	{"whiteout of a link", [][]entry{append(plainly(link("l", "d")), said("d/a", "1")), {wh(".wh.l")}}, "d/ d/a=1"},
	{"whiteout of nothing", [][]entry{{said("a", "1")}, {wh(".wh.b")}}, "a=1"},
	{"whiteout, then a file", [][]entry{{said("a", "1")}, {wh(".wh.a"), said("a", "2")}}, "a=2"},
	{"a file, then its whiteout", [][]entry{{said("a", "1")}, {said("a", "2"), wh(".wh.a")}}, "a=2"},
	{"whiteout, then a directory", [][]entry{{said("d/a", "1")}, append([]entry{wh(".wh.d")}, append(plainly(folder("d")), said("d/b", "2"))...)}, "d/ d/b=2"},
	{"a directory, then its whiteout", [][]entry{{said("d/a", "1")}, append(plainly(folder("d")), said("d/b", "2"), wh(".wh.d"))}, "d/ d/b=2"},
	{"whiteout, then a directory without an entry", [][]entry{{said("d/a", "1")}, {wh(".wh.d"), said("d/b", "2")}}, "d/ d/b=2"},
	{"whiteout of a directory of the same layer, deep", [][]entry{{said("d/e/a", "1")}, {said("d/e/b", "2"), wh(".wh.d")}}, "d/ d/e/ d/e/b=2"},
	{"whiteout twice", [][]entry{{said("a", "1")}, {wh(".wh.a"), wh(".wh.a")}}, ""},
	{"whiteout, then a link", [][]entry{{said("d/a", "1")}, append([]entry{wh(".wh.d")}, plainly(link("d", "x"))...)}, "d->x"},
	{"opaque first", [][]entry{{said("d/a", "1"), said("d/s/x", "1")}, {wh("d/.wh..wh..opq"), said("d/b", "2")}}, "d/ d/b=2"},
	{"opaque last", [][]entry{{said("d/a", "1"), said("d/s/x", "1")}, {said("d/b", "2"), said("d/s/y", "2"), wh("d/.wh..wh..opq")}}, "d/ d/b=2 d/s/ d/s/y=2"},
	{"opaque of what is new", [][]entry{{said("a", "1")}, {wh("d/.wh..wh..opq"), said("d/b", "2")}}, "a=1 d/ d/b=2"},
	{"opaque with whiteouts", [][]entry{{said("d/a", "1"), said("d/c", "1")}, {wh("d/.wh.a"), wh("d/.wh..wh..opq"), wh("d/.wh.c")}}, "d/"},
	{"directory over a file", [][]entry{{said("a", "1")}, plainly(folder("a"))}, "a/"},
	{"file over a directory", [][]entry{{said("d/a", "1")}, {said("d", "2")}}, "d=2"},
	{"comes back", [][]entry{{said("d/a", "1")}, {wh("d/.wh.a")}, {said("d/a", "3")}}, "d/ d/a=3"},
	{"goes twice", [][]entry{{said("d/a", "1")}, {wh(".wh.d")}, {said("d/b", "3")}, {wh("d/.wh.b")}}, "d/"},
	{"three layers of one directory", [][]entry{{said("d/1", "1"), said("d/x", "1")}, {said("d/2", "2"), wh("d/.wh.1")}, {said("d/3", "3"), wh("d/.wh.2")}}, "d/ d/3=3 d/x=1"},
	{"hard links in a layer", [][]entry{{said("a", "1")}, append([]entry{said("b", "2")}, plainly(hard("c", "b"))...)}, "a=1 b=2 c=2"},
	{"opaque root", [][]entry{{said("a", "1"), said("d/x", "1")}, {said("b", "2"), wh(".wh..wh..opq")}, {said("c", "3")}}, "b=2 c=3"},
	{"aufs's own files", [][]entry{{said("a", "1"), wh(".wh..wh.aufs"), wh(".wh..wh.plnk/123"), wh(".wh..wh.orph")}}, "a=1"},
	{"odd names", [][]entry{{said("a.wh.b", "1"), said(".wha", "1")}, {wh(".wh.a.wh.b"), wh(".wh..wha")}}, ""},
}

// seen is the tree in one line.
func seen(t *testing.T, dir string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		switch {
		case d.IsDir():
			name += "/"
		case d.Type() == fs.ModeSymlink:
			to, err := os.Readlink(path)
			out = append(out, name+"->"+to)
			return err
		case d.Type() == 0:
			b, err := os.ReadFile(path)
			out = append(out, name+"="+string(b))
			return err
		default:
			name += fmt.Sprintf(" (%v)", d.Type())
		}
		out = append(out, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}

// TestLayers looks at the same images in three ways: by an overlay of the
// layers, in a copy of them, and where each was applied to those below.
func TestLayers(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	for _, attributes := range []bool{false, true} {
		ForceAttributes(attributes)
		defer ForceAttributes(false)
		for _, s := range stacks {
			t.Run(fmt.Sprintf("%s (attributes %t)", strings.ReplaceAll(s.name, ",", ";"), attributes), func(t *testing.T) {
				top := filepath.Join(t.TempDir())
				merged := filepath.Join(top, "merged")
				if err := os.Mkdir(merged, 0o755); err != nil {
					t.Fatal(err)
				}
				var lower []string
				for i, l := range s.layers {
					b, dir := pack(t, l), filepath.Join(top, fmt.Sprint(i))
					if err := os.Mkdir(dir, 0o755); err != nil {
						t.Fatal(err)
					}
					lower = append([]string{dir}, lower...)
					for _, c := range []struct {
						dir string
						w   Whiteouts
					}{{dir, Overlay}, {merged, Delete}} {
						if _, err := unpackInto(t, c.dir, b, c.w); err != nil {
							t.Fatalf("layer %d: %v", i, err)
						}
					}
				}
				if got := seen(t, merged); got != s.want {
					t.Errorf("one applied to the other: %s\nwant %s", got, s.want)
				}
				copied := filepath.Join(top, "copied")
				if err := Copy(t.Context(), lower, copied); err != nil {
					t.Fatal(err)
				}
				if got := seen(t, copied); got != s.want {
					t.Errorf("copied: %s\nwant %s", got, s.want)
				}
				if got := overlaid(t, top, lower); got != s.want {
					t.Errorf("overlay: %s\nwant %s", got, s.want)
				}
			})
		}
	}
}

func overlaid(t *testing.T, top string, lower []string) string {
	t.Helper()
	dir, empty := filepath.Join(top, "overlay"), filepath.Join(top, "empty")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.Mkdir(empty, 0o755)); err != nil {
		t.Fatal(err)
	}
	lower, err := Visible(lower)
	if err != nil {
		t.Fatal(err)
	}
	option := "userxattr,lowerdir=" + strings.Join(append(lower, empty), ":") // two at least
	if err := unix.Mount("overlay", dir, "overlay", 0, option); err != nil {
		t.Fatalf("overlay: %v", err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	return seen(t, dir)
}
