package worker_test

import (
	"io"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

func (s *site) copy(job *build.CopyJob) build.Layer {
	s.t.Helper()
	l, err := s.w.Copy(s.t.Context(), job, io.Discard)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

func TestCopy(t *testing.T) {
	s := newSite(t, imagetest.File{Name: "etc/passwd", Text: "app:x:1000:1001::/home/app:/bin/sh\n"},
		imagetest.File{Name: "data/file", Text: "of the image"})
	if s.manyIDs() == nil {
		return
	}
	path := t.TempDir()
	if err := os.WriteFile(path+"/a", []byte("of the context"), 0o640); err != nil {
		t.Fatal(err)
	}
	dir, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	entry := build.Entry{Path: "a", Name: "a", Seen: seen(t, path+"/a")}
	l := s.copy(&build.CopyJob{
		Lower: s.lower, Copy: &build.Copy{Paths: []string{"a"}, Dest: "/x/", Chown: "app"}, Dir: dir, Entries: []build.Entry{entry},
	})
	if _, out := s.must("cat /x/a; stat -c ' %a %u:%g' /x/a", s.above(l)); out != "of the context 640 1000:1001" {
		t.Errorf("it is %q", out)
	}
	odd := "bad\xff\xfename"
	if err := os.WriteFile(path+"/"+odd, []byte("odd"), 0o640); err != nil {
		t.Fatal(err)
	}
	l = s.copy(&build.CopyJob{
		Lower: s.lower, Copy: &build.Copy{Paths: []string{"."}, Dest: "/x/"}, Dir: dir,
		Entries: []build.Entry{entry, {Path: odd, To: odd, Name: odd, Seen: seen(t, path+"/"+odd)}},
	})
	if _, out := s.must(`cat "$(printf '/x/bad\377\376name')"`, s.above(l)); out != "odd" {
		t.Errorf("the file whose name is no UTF-8 is %q", out)
	}
	stage := 0
	from := &build.CopyJob{Lower: s.lower, Copy: &build.Copy{Paths: []string{"/data/file"}, Dest: "/y", From: build.Source{Stage: &stage}}, From: s.lower}
	if l := s.copy(from); s.layerOf(l) != "y" {
		t.Errorf("it has %q", s.layerOf(l))
	}
	epoch := time.Unix(1_600_000_000, 0)
	from.Copy.Link, from.Copy.Dest, from.Epoch = true, "/etc/new", &epoch
	l = s.copy(from)
	if s.layerOf(l) != "etc etc/new" {
		t.Errorf("with a link it has %q", s.layerOf(l))
	}
	from.Lower = nil
	if alone := s.copy(from); alone.DiffID != l.DiffID {
		t.Error("a layer of --link depends on those below")
	}
	if l := s.copy(from); l.Empty {
		t.Error("a copy onto nothing is empty")
	}
	from.Lower, from.Copy.Link, from.Copy.Dest = s.lower, false, "/data/file"
	if l := s.copy(from); !l.Empty {
		t.Errorf("a file copied onto itself has %q", s.layerOf(l))
	}
	digest := func(path string) string {
		d, err := s.w.(build.Digester).Digest(t.Context(), &build.CopyJob{From: s.lower, Copy: &build.Copy{Paths: []string{path}, From: build.Source{Stage: &stage}}})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if digest("/data") != digest("/data/") || digest("/data") == digest("/etc") {
		t.Error("digests are not of contents")
	}
}

// seen is what a file is now.
func seen(t *testing.T, path string) build.Seen {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		t.Fatal(err)
	}
	return build.Seen{Mode: st.Mode, Size: st.Size, Mtime: st.Mtim.Nano(), Ctime: st.Ctim.Nano()}
}
