package copytar

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// plant makes a tree: "d/" a directory, "l>to" a link, "p|" a fifo, "f=text" a file.
func plant(t testing.TB, root string, entries ...string) {
	t.Helper()
	for _, e := range entries {
		var err error
		at := func(name string) string {
			path := filepath.Join(root, name)
			err = os.MkdirAll(filepath.Dir(path), 0o755)
			return path
		}
		if name, to, ok := strings.Cut(e, ">"); ok {
			err = os.Symlink(to, at(name))
		} else if name, text, ok := strings.Cut(e, "="); ok {
			err = os.WriteFile(at(name), []byte(text), 0o644)
		} else if name, ok := strings.CutSuffix(e, "|"); ok {
			err = unix.Mkfifo(at(name), 0o640)
		} else {
			err = os.MkdirAll(at(e), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// harvest lists a tree in the words of plant.
func harvest(t testing.TB, root string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case name == ".":
		case d.IsDir():
			out = append(out, name+"/")
		case d.Type() == fs.ModeSymlink:
			to, _ := os.Readlink(path)
			out = append(out, name+">"+to)
		case d.Type() == fs.ModeNamedPipe:
			out = append(out, name+"|")
		default:
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			out = append(out, name+"="+string(b))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(out)
	return strings.Join(out, " ")
}

func open(t testing.TB, dir string) *os.File {
	t.Helper()
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// transfer copies src below one root to dst below another.
func transfer(t testing.TB, from, src string, follow bool, to, dst string, o Options) error {
	t.Helper()
	var stream bytes.Buffer
	if err := Pack(t.Context(), &stream, open(t, from), src, follow); err != nil {
		return err
	}
	_, err := Unpack(t.Context(), &stream, open(t, to), dst, o)
	return err
}

var sources = []string{"d/a=1", "d/sub/b=2", "d/l>a", "d/p|", "f=file", "toD>d", "toF>/f", "empty/", "dangling>nowhere"}

func TestRules(t *testing.T) {
	const all = "/a=1 X/l>a X/p| X/sub/ X/sub/b=2"
	tree := func(at string) string { return at + "/ " + strings.ReplaceAll(at+all, "X", at) }
	for _, tt := range []struct {
		src    string
		follow bool
		there  string // the target's tree before
		dst    string
		want   string
		err    string
	}{
		{src: "/d", there: "t/", dst: "/t", want: "t/ " + tree("t/d")},
		{src: "/d/", there: "t/", dst: "/t/", want: "t/ " + tree("t/d")},
		{src: "/d/.", there: "t/", dst: "/t", want: tree("t")},
		{src: "/d", dst: "/new", want: tree("new")},
		{src: "/d/.", dst: "/new/", want: tree("new")},
		{src: "/d/sub/..", dst: "/new", want: tree("new")},
		{src: "/d", there: "t=x", dst: "/t", err: "which is a file"},
		{src: "/d/.", there: "t=x", dst: "/t", err: "which is a file"},
		{src: "/d", dst: "/no/new", err: "the directory of destination"},
		{src: "/f", there: "t/", dst: "/t", want: "t/ t/f=file"},
		{src: "/f", there: "t/f=old", dst: "/t/", want: "t/ t/f=file"},
		{src: "/f", there: "t=old", dst: "/t", want: "t=file"},
		{src: "/f", dst: "/t", want: "t=file"},
		{src: "/f", dst: "/t/", err: "does not exist"},
		{src: "/f", there: "t=x", dst: "/t/", err: "not a directory"},
		{src: "/f", dst: "/no/t", err: "the directory of destination"},
		{src: "/f", there: "t/f/", dst: "/t", err: "cannot overwrite a directory"},
		{src: "/d", there: "t/d=x", dst: "/t", err: "cannot overwrite something else with a directory"},
		{src: "/d", there: "t/d/a/", dst: "/t", err: "d/a: cannot overwrite a directory"},
		{src: "/d", there: "t/d/kept=k", dst: "/t", want: "t/ t/d/ t/d/a=1 t/d/kept=k t/d/l>a t/d/p| t/d/sub/ t/d/sub/b=2"},
		{src: "/d/l", there: "t/", dst: "/t", want: "t/ t/l>a"},
		{src: "/d/l", follow: true, there: "t/", dst: "/t", want: "t/ t/l=1"},
		{src: "/toF", follow: true, dst: "/t", want: "t=file"},
		{src: "/toD", dst: "/t", want: "t>d"},
		{src: "/toD/", dst: "/t", want: tree("t")},
		{src: "/toD/.", dst: "/t", want: tree("t")},
		{src: "/toD", follow: true, there: "t/", dst: "/t", want: "t/ " + tree("t/toD")},
		{src: "/dangling", dst: "/t", want: "t>nowhere"},
		{src: "/dangling", follow: true, dst: "/t", err: "could not find the file /dangling"},
		{src: "/missing", dst: "/t", err: "could not find the file /missing"},
		{src: "/f/", dst: "/t", err: "not a directory"},
		{src: "/empty/.", there: "t/x=1", dst: "/t", want: "t/ t/x=1"},
		{src: "../../f", dst: "../../t", want: "t=file"},
		{src: "/f", there: "real/ t>real", dst: "/t", want: "real/ real/f=file t>real"},
		{src: "/f", there: "real/ t>real/new", dst: "/t", want: "real/ real/new=file t>real/new"},
		{src: "/f", there: "t>t2 t2>/t3", dst: "/t", want: "t2>/t3 t3=file t>t2"},
		{src: "/f", there: "a>b b>a", dst: "/a", err: "too many levels"},
		{src: "/f", there: "t|", dst: "/t", err: "must be a directory or a regular file"},
	} {
		for _, strict := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s follow=%t to %s with %s strict=%t", tt.src, tt.follow, tt.dst, tt.there, strict), func(t *testing.T) {
				from, to := t.TempDir(), t.TempDir()
				plant(t, from, sources...)
				plant(t, to, strings.Fields(tt.there)...)
				before := harvest(t, to)
				err := transfer(t, from, tt.src, tt.follow, to, tt.dst, Options{Strict: strict})
				if tt.err != "" {
					if err == nil || !strings.Contains(err.Error(), tt.err) {
						t.Errorf("error %v, want %q", err, tt.err)
					}
					if after := harvest(t, to); after != before && !strings.Contains(tt.err, "d/a") {
						t.Errorf("the target changed to %s", after)
					}
					return
				}
				if got := harvest(t, to); err != nil || got != sorted(tt.want) {
					t.Errorf("%v\ngot  %s\nwant %s", err, got, sorted(tt.want))
				}
			})
		}
	}
}

func sorted(list string) string {
	f := strings.Fields(list)
	sort.Strings(f)
	return strings.Join(f, " ")
}

// TestWholeRoot: the root itself is its content.
func TestWholeRoot(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, "f=1", "d/")
	if err := transfer(t, from, "/", false, to, "/t", Options{}); err != nil {
		t.Fatal(err)
	}
	if got := harvest(t, to); got != "t/ t/d/ t/f=1" {
		t.Errorf("got %s", got)
	}
}

func TestAttributes(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, "d/f=1", "d/closed/f=2")
	path := func(root, name string) string { return filepath.Join(root, name) }
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(os.Link(path(from, "d/f"), path(from, "d/hard")))
	check(unix.Truncate(path(from, "d/f"), 10<<20)) // mostly a hole; takes a plain user's setuid away
	check(unix.Chmod(path(from, "d/f"), 0o4751))
	old := unix.NsecToTimespec(1_000_000_000_123_456_789)
	check(unix.UtimesNano(path(from, "d/f"), []unix.Timespec{old, old}))
	check(unix.UtimesNano(path(from, "d/closed"), []unix.Timespec{old, old}))
	check(unix.Chmod(path(from, "d/closed"), 0o2510))
	for _, strict := range []bool{false, true} {
		dst := fmt.Sprintf("/%t", strict)
		check(transfer(t, from, "/d", false, to, dst, Options{Strict: strict}))
		var f, hard, closed unix.Stat_t
		check(unix.Lstat(path(to, dst+"/f"), &f))
		check(unix.Lstat(path(to, dst+"/hard"), &hard))
		check(unix.Lstat(path(to, dst+"/closed"), &closed))
		wantFile, wantDir := uint32(0o4751), uint32(0o2510)
		if strict {
			wantFile, wantDir = 0o751, 0o510
		}
		if f.Mode&0o7777 != wantFile || closed.Mode&0o7777 != wantDir {
			t.Errorf("strict %t: modes %o and %o", strict, f.Mode, closed.Mode)
		}
		if f.Mtim != old || closed.Mtim != old || f.Ino != hard.Ino || f.Size != 10<<20 || f.Blocks > 1000 {
			t.Errorf("strict %t: %+v, hard link is inode %d, directory %+v", strict, f, hard.Ino, closed)
		}
		check(unix.Chmod(path(to, dst+"/closed"), 0o700))
	}
	check(unix.Chmod(path(from, "d/closed"), 0o700))
}

// TestOwners: ids are those of the entries when asked for, else the caller's.
func TestOwners(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, "d/f=1", "d/l>f")
	for _, name := range []string{"d", "d/f", "d/l"} {
		if err := os.Lchown(filepath.Join(from, name), 70, 71); err != nil {
			t.Fatal(err)
		}
	}
	owner := func(uid, gid int) (int, int) { return uid + 1000, gid + 1000 }
	for dst, o := range map[string]Options{"/kept": {Owner: owner}, "/mine": {}} {
		if err := transfer(t, from, "/d", false, to, dst, o); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"", "/f", "/l"} {
			var st unix.Stat_t
			if err := unix.Lstat(to+dst+name, &st); err != nil {
				t.Fatal(err)
			}
			want := [2]uint32{0, 0}
			if dst == "/kept" {
				want = [2]uint32{1070, 1071}
			}
			if got := [2]uint32{st.Uid, st.Gid}; got != want {
				t.Errorf("%s%s belongs to %v, want %v", dst, name, got, want)
			}
		}
	}
	if got := inside("0 1000 1\n1 100000 65536\n", 100032); got != 33 {
		t.Errorf("100032 outside is %d inside, want 33", got)
	}
	if got := inside("0 1000 1\n1 100000 65536\n", 5); got != 0 {
		t.Errorf("an id that is not inside becomes %d, want root's", got)
	}
}

// TestArchive: the user's own archive goes into a directory as it is.
func TestArchive(t *testing.T) {
	to := t.TempDir()
	plant(t, to, "t/", "f=1", "real/", "link>real")
	stream := func() *bytes.Buffer {
		return tarOf(t, file("a", "1"), file("x/y/b", "2"), file("/abs", "3"), file("../link/c", "4"), device("null"))
	}
	if _, err := Unpack(t.Context(), stream(), open(t, to), "/t", Options{Archive: true}); err == nil || !strings.Contains(err.Error(), `its name has ".."`) {
		t.Errorf("error %v", err)
	}
	left, err := Unpack(t.Context(), tarOf(t, file("link/c", "4"), device("null")), open(t, to), "/", Options{Archive: true})
	if err != nil || len(left) != 1 || left[0] != "null" {
		t.Errorf("left %v, %v", left, err)
	}
	if got := harvest(t, to); got != "f=1 link>real real/ real/c=4 t/ t/a=1 t/abs=3 t/x/ t/x/y/ t/x/y/b=2" {
		t.Errorf("got %s", got)
	}
	for _, dst := range []string{"/f", "/missing"} {
		if _, err := Unpack(t.Context(), stream(), open(t, to), dst, Options{Archive: true}); err == nil {
			t.Errorf("an archive was unpacked to %s", dst)
		}
	}
	if _, err := Unpack(t.Context(), &bytes.Buffer{}, open(t, to), "/t", Options{Archive: true}); err != nil {
		t.Errorf("an empty archive: %v", err)
	}
	if _, err := Unpack(t.Context(), &bytes.Buffer{}, open(t, to), "/t", Options{}); !errors.Is(err, ErrEmpty) {
		t.Errorf("an empty stream: %v", err)
	}
}
