package worker_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
