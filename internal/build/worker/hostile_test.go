package worker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// Whatever links an image has where something is to be mounted, made or looked up, the
// step stays inside of its root.
func TestHostileImages(t *testing.T) {
	s := newSite(t)
	if s == nil {
		return
	}
	canary := t.TempDir()
	if err := os.WriteFile(filepath.Join(canary, "file"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	up := strings.Repeat("../", 20) + canary[1:]
	image := s.lower
	for _, c := range []struct{ name, link, to string }{
		{"the secrets' directory", "run", canary}, {"the secrets' directory, upwards", "run", up},
		{"the working directory", "work", canary}, {"the working directory, upwards", "work", up},
		{"/etc", "etc", canary}, {"/proc", "proc", canary}, {"/dev", "dev", up}, {"/sys", "sys", canary},
		{"/tmp", "tmp", "/proc/1/root" + canary}, {"this process", "work", "/proc/self/cwd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			l, err := s.w.Copy(t.Context(), s.links(t, c.link, c.to), nil)
			if err != nil {
				t.Fatal(err)
			}
			s.lower = append(append([]string{}, image...), l.Key)
			defer func() { s.lower = image }()
			_, out, err := s.run("echo x >here; cat /run/secrets/s; ls /tmp >/dev/null; echo y >/tmp/z", func(j *build.RunJob) {
				j.Run.Dir = "/work/dir"
				j.Run.Mounts = []build.Mount{{Type: "secret", ID: "s", Target: "/run/secrets/s"}, {Type: "tmpfs", Target: "/tmp/t"}, {Type: "cache", ID: "x", Target: "/work/c", Sharing: "shared"}}
				j.Mounts = []build.Mounted{{Secret: []byte("hush")}, {}, {}}
			})
			t.Logf("%v: %q", err, out)
			entries, _ := os.ReadDir(canary)
			b, _ := os.ReadFile(filepath.Join(canary, "file"))
			if len(entries) != 1 || string(b) != "mine" {
				t.Errorf("outside of the root: %v, %q", entries, b)
			}
		})
	}
}

// links is a copy that puts a link in place of a directory of the root.
func (s *site) links(t *testing.T, name, to string) *build.CopyJob {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &build.CopyJob{
		Copy: &build.Copy{Paths: []string{name}, Dest: "/"}, Dir: f,
		Entries: []build.Entry{{Path: name, To: name, Seen: seen(t, filepath.Join(dir, name))}},
	}
}

// What a program writes into attributes that steer overlays is not believed later.
func TestHostileAttributes(t *testing.T) {
	s := newSite(t, imagetest.File{Name: "data/file", Text: "of the image"}, imagetest.File{Name: "secret/file", Text: "other"})
	if s == nil {
		return
	}
	const script = `for p in user.overlay user.fuseoverlayfs trusted.overlay; do
		setfattr -n $p.opaque -v y /data; setfattr -n $p.redirect -v /secret /data; setfattr -n $p.metacopy -v "" /data/file
		setfattr -n $p.whiteout -v y /data/file; setfattr -n $p.origin -v x /data
	done 2>/dev/null
	mknod /data/gone c 0 0 2>/dev/null; touch /data/more; true`
	l, _ := s.must(script, nil)
	_, out := s.must("cat /data/file; echo; ls /data", s.above(l))
	if want := "of the image\nfile\nmore"; out != want {
		t.Errorf("it shows %q, want %q", out, want)
	}
	// Marks that the tree of a layer would have in a tar.
	l, _ = s.must("touch /data/.wh.file /data/.wh..wh..opq; echo x >/data/new", nil)
	if _, out := s.must("cat /data/file", s.above(l)); out != "of the image" {
		t.Errorf("a file with a whiteout's name deletes: %q", out)
	}
}

// Processes that ignore signals, daemons and whole flocks end with the step.
func TestHostileProcesses(t *testing.T) {
	s := newSite(t)
	if s == nil {
		return
	}
	_, out := s.must(`i=0; while [ $i -lt 200 ]; do (trap '' HUP INT TERM; setsid sleep 1000) & i=$((i+1)); done; echo started`, nil)
	if out != "started" {
		t.Errorf("it says %q", out)
	}
	if _, out = s.must("set -- /proc/[0-9]*; echo $#", nil); out != "1" { // itself
		t.Errorf("%s processes are seen by the next step", out)
	}
	// Much output, and nobody who reads it any more than in order.
	if _, out = s.must("seq 1 20000; seq 20001 40000 >&2", nil); len(strings.Fields(out)) != 40000 || !strings.HasSuffix(out, "40000") {
		t.Errorf("%d lines came, the last is %q", len(strings.Fields(out)), out[max(0, len(out)-10):])
	}
}
