package harvest

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/image/exact"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/layer/manifest"
)

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// script runs a shell in dir.
func script(t *testing.T, dir, text string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-euc", text)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", text, err, out)
	}
}

// stage is a lower tree, and an overlay above it.
type stage struct {
	t                  *testing.T
	lower, upper, root string
}

// newStage fills the lower tree by a script and mounts an overlay above it.
func newStage(t *testing.T, fill string) *stage {
	t.Helper()
	dir := t.TempDir()
	if strings.ContainsAny(dir, ",:") { // the test's name, which an option of the mount cannot have
		link := filepath.Join(os.TempDir(), fmt.Sprintf("stage-%d", os.Getpid()))
		if err := os.Symlink(dir, link); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Remove(link) })
		dir = link
	}
	s := &stage{t, dir + "/lower", dir + "/upper", dir + "/root"}
	for _, d := range []string{s.lower, s.upper, dir + "/work", s.root} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	script(t, s.lower, "umask 022\n"+fill)
	script(t, s.lower, "find . -exec touch -h -d 2020-01-01T00:00:00Z {} +")
	o := fmt.Sprintf("userxattr,lowerdir=%s,upperdir=%s,workdir=%s/work", s.lower, s.upper, dir)
	if err := unix.Mount("overlay", s.root, "overlay", 0, o); err != nil {
		t.Skipf("overlay in a user namespace: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(s.root, unix.MNT_DETACH) })
	return s
}

// run changes things above, and ends that.
func (s *stage) run(text string) {
	s.t.Helper()
	script(s.t, s.root, "umask 022\n"+text)
	if err := unix.Unmount(s.root, 0); err != nil {
		s.t.Fatal(err)
	}
}

type made struct {
	Result
	tar, record []byte
}

func harvested(t *testing.T, upper string, o Options) made {
	t.Helper()
	var out, record bytes.Buffer
	r := exact.NewRecorder(&record)
	o.Out, o.Record = &out, r
	res, err := Layer(t.Context(), open(t, upper), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return made{res, out.Bytes(), record.Bytes()}
}

// lines lists a tar: kind, mode, name and where links go.
func lines(t *testing.T, b []byte) []string {
	t.Helper()
	var out []string
	tr := tar.NewReader(bytes.NewReader(b))
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%c%04o %s", h.Typeflag, h.Mode, h.Name)
		if h.Linkname != "" {
			line += " -> " + h.Linkname
		}
		if h.Uid != 0 || h.Gid != 0 {
			line += fmt.Sprintf(" %d:%d", h.Uid, h.Gid)
		}
		for k, v := range h.PAXRecords {
			line += fmt.Sprintf(" %s=%q", strings.TrimPrefix(k, xattrPrefix), v)
		}
		out = append(out, line)
	}
}

// listing is a tree without its root's own line.
func listing(t *testing.T, dir string) []string {
	t.Helper()
	l, err := manifest.List(dir, manifest.Options{Owners: true, Ignore: []string{"security.selinux"}})
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range l {
		if name, _, ok := strings.Cut(line, " mode 20000 "); ok {
			l[i] = name + " whiteout" // the kernel gives all of them one file
		}
	}
	return l[1:]
}

// roundTrip checks that the tar makes the same tree, and tree and record the same tar.
func (m *made) roundTrip(t *testing.T, tree string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "fs")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := layer.Unpack(t.Context(), bytes.NewReader(m.tar), open(t, dir), layer.Options{}); err != nil {
		t.Fatal(err)
	}
	if d := manifest.Difference(listing(t, dir), listing(t, tree)); d != "" {
		t.Errorf("unpacked it is not the tree: got %s", d)
	}
	var again bytes.Buffer
	if err := exact.Write(t.Context(), &again, bytes.NewReader(m.record), open(t, tree)); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(again.Bytes(), m.tar) {
		t.Errorf("record and tree do not make the tar again: %d bytes, %d wanted", again.Len(), len(m.tar))
	}
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func headers(t *testing.T, b []byte) (out []*tar.Header) {
	t.Helper()
	tr := tar.NewReader(bytes.NewReader(b))
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, h)
	}
}

// merged is what the upper directory shows above the lower one.
func merged(t *testing.T, s *stage) string {
	t.Helper()
	if err := unix.Mount("overlay", s.root, "overlay", unix.MS_RDONLY, "userxattr,lowerdir="+s.upper+":"+s.lower); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(s.root, unix.MNT_DETACH)
	list, err := manifest.List(s.root, manifest.Options{Owners: true})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range list[1:] {
		name, _, _ := strings.Cut(l, " mode ")
		if strings.Contains(name, ".wh.") {
			continue // left out on purpose
		}
		before, rest, ok := strings.Cut(l, " time ")
		if ok {
			_, rest, _ = strings.Cut(rest, " owner ")
		}
		before = strings.SplitN(before+" owner "+rest, " is ", 2)[0]
		out = append(out, before)
	}
	return strings.Join(out, "\n")
}
