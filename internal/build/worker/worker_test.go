package worker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/worker"
	_ "github.com/mocker-compose/mocker-compose/internal/early" // plays the roles
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/ingest"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/testns"
	"github.com/mocker-compose/mocker-compose/rootless"
)

// TestMain plays the role that internal/early leaves to main.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == rootless.RoleArg && os.Args[2] == image.Role {
		os.Exit(ingest.Run(os.Args[3:]))
	}
	if path := os.Getenv(dialEnv); path != "" {
		os.Exit(dial(path))
	}
	if what := os.Getenv(passEnv); what != "" {
		os.Exit(pass(what))
	}
	if os.Getenv(clientEnv) != "" {
		os.Exit(client(os.Getenv(clientEnv)))
	}
	os.Exit(m.Run())
}

// site is a store with an image, and a worker.
type site struct {
	t     *testing.T
	dirs  state.Dirs
	w     build.Worker
	lower []string
}

// newSite makes a store with busybox and more files in it; nil: the test was run
// elsewhere.
func newSite(t *testing.T, more ...imagetest.File) *site {
	t.Helper()
	testns.RequireUserNamespaces(t)
	if !testns.Plain(t) {
		return nil
	}
	dir := t.TempDir()
	s := &site{t: t, dirs: state.Dirs{Run: filepath.Join(dir, "run"), Data: filepath.Join(dir, "data")}}
	if err := state.MakePrivate(s.dirs.Data); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // what belongs to subordinate ids
		const portable = "MOCKER_FORCE_PORTABLE" // with it nobody can join the user namespace
		defer os.Setenv(portable, os.Getenv(portable))
		os.Setenv(portable, "")
		_, _ = rootless.Unshare(context.Background(), s.dirs, []string{"rm", "-rf", s.dirs.Data}, func(string) {})
	})
	store, err := image.Open(s.dirs.Images())
	if err != nil {
		t.Fatal(err)
	}
	store.Start = func(ctx context.Context, args []string, stdio [3]*os.File, isolated bool) (int, error) {
		return rootless.RunRoleInside(ctx, s.dirs, args, stdio, isolated, s.report)
	}
	archive := filepath.Join(dir, "image.tar")
	imagetest.Image{Names: []string{"base:1"}, Layers: [][]imagetest.File{imagetest.Busybox(t), more}}.WriteDockerArchive(t, archive)
	list, err := store.Load(t.Context(), "docker-archive:"+archive, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.lower = list[0].Layers
	s.start()
	return s
}

// manyIDs skips the test where only one id exists.
func (s *site) manyIDs() *site {
	if s != nil && strings.HasSuffix(s.lower[0], "-single") {
		s.t.Skip("only one user id exists in containers here: files belong to nobody else")
	}
	return s
}

func (s *site) report(line string) { s.t.Log("notice:", line) }

func (s *site) start() {
	s.t.Helper()
	w, err := worker.Start(s.t.Context(), s.dirs, s.report)
	if err != nil {
		s.t.Fatal(err)
	}
	s.w = w
	s.t.Cleanup(func() { w.Close() })
}

// run runs a shell script above the image and more layers.
func (s *site) run(script string, change func(*build.RunJob)) (build.Layer, string, error) {
	s.t.Helper()
	job := &build.RunJob{Lower: s.lower, Run: &build.Run{Args: []string{"/bin/sh", "-c", script}}}
	if change != nil {
		change(job)
	}
	var out bytes.Buffer
	l, err := s.w.Run(s.t.Context(), job, &out)
	return l, out.String(), err
}

// must is run for a script that succeeds; it returns what that says.
func (s *site) must(script string, change func(*build.RunJob)) (build.Layer, string) {
	s.t.Helper()
	l, out, err := s.run(script, change)
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return l, strings.TrimSpace(out)
}

func TestRun(t *testing.T) {
	s := newSite(t)
	if s == nil {
		return
	}
	l, out := s.must("echo hello; echo there >&2; echo made >/made; id -u; pwd; echo $HOME $PATH", nil)
	if want := "hello\nthere\n0\n/\n/root /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; out != want {
		t.Errorf("it says %q, want %q", out, want)
	}
	_, out = s.must("cat /made; cat /proc/1/comm", func(j *build.RunJob) { j.Lower = append(j.Lower, l.Key) })
	if out != "made\nsh" && out != "made\ncat" {
		t.Errorf("above it: %q", out)
	}
	_, _, err := s.run("exit 3", nil)
	var exit *build.ExitError
	if !errors.As(err, &exit) || exit.Code != 3 {
		t.Errorf("exit 3: %v", err)
	}
}

func (s *site) above(l build.Layer) func(*build.RunJob) {
	return func(j *build.RunJob) { j.Lower = append(j.Lower, l.Key) }
}

// layerOf lists what is in a layer, for who runs as the user: names only.
func (s *site) layerOf(l build.Layer) string {
	s.t.Helper()
	if l.Empty {
		return ""
	}
	var names []string
	root := filepath.Join(s.dirs.Images(), "layers", l.Key, "fs")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && path != root {
			rel, _ := filepath.Rel(root, path)
			names = append(names, rel)
		}
		return nil // a directory that only its owner may read
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Join(names, " ")
}

func TestMounts(t *testing.T) {
	s := newSite(t, imagetest.File{Name: "etc/passwd", Text: "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n"},
		imagetest.File{Name: "data/file", Text: "of the image"}, imagetest.File{Name: "link", Link: "data"})
	if s.manyIDs() == nil {
		return
	}
	mode := uint32(0o444)
	one := 1000
	dir := t.TempDir()
	for name, text := range map[string]string{"seen": "1", "hidden": "2", "sub/seen": "3", "sub/hidden": "4", "out/x": "5"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	here, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	with := func(m build.Mount, shown build.Mounted) func(*build.RunJob) {
		return func(j *build.RunJob) {
			j.Run.Mounts, j.Mounts = append(j.Run.Mounts, m), append(j.Mounts, shown)
		}
	}
	for _, c := range []struct {
		name, script, want string
		change             func(*build.RunJob)
	}{
		{"bind from an image", "cat /mnt/x/file; touch /mnt/x/new 2>/dev/null || echo read-only", "of the imageread-only",
			with(build.Mount{Type: "bind", Target: "/mnt/x", Source: "data", ReadOnly: true}, build.Mounted{Lower: s.lower})},
		{"bind of a file", "cat /mnt/f", "of the image",
			with(build.Mount{Type: "bind", Target: "/mnt/f", Source: "data/file", ReadOnly: true}, build.Mounted{Lower: s.lower})},
		{"bind, written to", "echo more >/mnt/file && cat /mnt/file", "more",
			with(build.Mount{Type: "bind", Target: "/mnt", Source: "data"}, build.Mounted{Lower: s.lower})},
		{"context", "cd /mnt; cat seen hidden sub/hidden; touch x 2>/dev/null || echo ro", "124ro",
			with(build.Mount{Type: "bind", Target: "/mnt", ReadOnly: true}, build.Mounted{Dir: here})},
		{"context, ignored files", "cd /mnt; find . | sort | tr '\\n' ' '; cat hidden 2>/dev/null; cat sub/seen", ". ./seen ./sub ./sub/seen 3",
			with(build.Mount{Type: "bind", Target: "/mnt", ReadOnly: true}, build.Mounted{Dir: here, Hide: []string{"hidden", "sub/hidden", "out"}})},
		{"context, written to", "cd /mnt; echo new >hidden; echo new >seen; cat seen hidden", "new\nnew",
			with(build.Mount{Type: "bind", Target: "/mnt"}, build.Mounted{Dir: here, Hide: []string{"hidden"}})},
		{"tmpfs", "df -k /mnt/t | tail -1 | awk '{print $2}'", "1024",
			with(build.Mount{Type: "tmpfs", Target: "/mnt/t", Size: 1 << 20}, build.Mounted{})},
		{"secret", "cat /run/secrets/a; ls -ln /run/secrets/a | cut -c1-10; echo $A", "hush-r--------\nhush",
			with(build.Mount{Type: "secret", ID: "a", Target: "/run/secrets/a", Env: "A"}, build.Mounted{Secret: []byte("hush")})},
		{"secret of a user", "stat -c '%a %u:%g' /s", "444 1000:1000",
			with(build.Mount{Type: "secret", ID: "a", Target: "/s", Mode: &mode, UID: &one, GID: &one}, build.Mounted{Secret: []byte("hush")})},
		{"secret that is absent", "ls /run/secrets 2>/dev/null; echo none", "none",
			with(build.Mount{Type: "secret", ID: "a", Target: "/run/secrets/a"}, build.Mounted{Absent: true})},
		{"cache", "cat /c/x 2>/dev/null; echo 1 >/c/x; stat -c '%a %u:%g' /c", "755 0:0",
			with(build.Mount{Type: "cache", ID: "c", Target: "/c", Sharing: "shared"}, build.Mounted{})},
		{"cache, again", "cat /c/x", "1",
			with(build.Mount{Type: "cache", ID: "c", Target: "/c", Sharing: "locked"}, build.Mounted{})},
		{"cache of a user", "stat -c '%a %u:%g' /c", "444 1000:1000",
			with(build.Mount{Type: "cache", ID: "u", Target: "/c", Sharing: "private", Mode: &mode, UID: &one, GID: &one}, build.Mounted{})},
		{"cache with files", "cat /c/file", "of the image",
			with(build.Mount{Type: "cache", ID: "c", Target: "/c", Sharing: "shared", From: &build.Source{}, Source: "data"}, build.Mounted{Lower: s.lower})},
		{"cache without its files", "test -e /c/file || echo none", "none",
			with(build.Mount{Type: "cache", ID: "n", Target: "/c", Sharing: "shared"}, build.Mounted{})},
		{"here-documents", "cat /dev/pipes/EOF; /dev/pipes/run", "some text\nran", func(j *build.RunJob) {
			j.Run.Files = []build.File{{Name: "EOF", Data: "some text\n"}, {Name: "run", Data: "#!/bin/sh\necho ran\n", Mode: 0o755}}
		}},
		{"below a link", "cat /link/x/file", "of the image",
			with(build.Mount{Type: "bind", Target: "/link/x", Source: "data", ReadOnly: true}, build.Mounted{Lower: s.lower})},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, out, err := s.run(c.script, c.change)
			if err != nil || strings.TrimSpace(out) != c.want {
				t.Errorf("%v: it says %q, want %q", err, out, c.want)
			}
			if left := s.layerOf(l); left != "" {
				t.Errorf("the layer has %s", left)
			}
		})
	}
	if b, err := os.ReadFile(filepath.Join(dir, "seen")); err != nil || string(b) != "1" {
		t.Errorf("the context was written to: %q, %v", b, err)
	}
}

// A cache whose first files cannot be had is new the next time.
func TestCacheIsNotHalfFilled(t *testing.T) {
	s := newSite(t, imagetest.File{Name: "data/file", Text: "of the image"})
	if s == nil {
		return
	}
	with := func(lower []string) func(*build.RunJob) {
		return func(j *build.RunJob) {
			j.Run.Mounts = []build.Mount{{Type: "cache", ID: "c", Target: "/c", Sharing: "shared", From: &build.Source{}, Source: "data"}}
			j.Mounts = []build.Mounted{{Lower: lower}}
		}
	}
	if _, _, err := s.run("true", with(nil)); err == nil {
		t.Error("a cache begins with files that are not there")
	}
	if _, out := s.must("cat /c/file", with(s.lower)); out != "of the image" {
		t.Errorf("it has %q", out)
	}
	if _, _, err := s.run("true", with(nil)); err == nil {
		t.Error("a cache begins with files that are still not there")
	}
}

// Steps that lock the same caches in different orders do not wait for each other, and
// one that has a cache at two places not for itself.
func TestLockedCaches(t *testing.T) {
	s := newSite(t)
	if s == nil {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // far more than it takes
	defer cancel()
	var group errgroup.Group
	for n := range 6 {
		ids := []string{"a", "b", "a"}
		if n%2 == 1 {
			ids = []string{"b", "a", "b"}
		}
		group.Go(func() error {
			job := &build.RunJob{Lower: s.lower, Run: &build.Run{Args: []string{"/bin/sh", "-c", "echo " + fmt.Sprint(n) + " >>/0/log; sleep 0.1; cmp /0/log /2/log"}}}
			for i, id := range ids {
				job.Run.Mounts = append(job.Run.Mounts, build.Mount{Type: "cache", ID: id, Target: fmt.Sprintf("/%d", i), Sharing: "locked"})
				job.Mounts = append(job.Mounts, build.Mounted{})
			}
			_, err := s.w.Run(ctx, job, io.Discard)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}
