package solve_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/contexts"
	"github.com/mocker-compose/mocker-compose/internal/build/dockerfile"
	"github.com/mocker-compose/mocker-compose/internal/build/solve"
	"github.com/mocker-compose/mocker-compose/internal/build/worker"
	_ "github.com/mocker-compose/mocker-compose/internal/early" // plays the roles
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
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
	if len(os.Args) > 1 && os.Args[1] == killedArg {
		os.Exit(runKilled(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == byArg {
		os.Exit(runBy(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// site is a user's store with an image base:1, a context, and the real worker.
type site struct {
	dirs  state.Dirs
	store *image.Store
	root  string // of the context
	req   solve.Request
	env   map[string]string
	said  func(string)
}

// newSite is nil if the test was run elsewhere, as a plain user.
func newSite(t *testing.T, of map[string]string) *site {
	t.Helper()
	testns.RequireUserNamespaces(t)
	if !testns.Plain(t) {
		return nil
	}
	dir := t.TempDir()
	s, err := openSite(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.said = func(line string) { t.Log("notice:", line) }
	archive := filepath.Join(dir, "image.tar")
	base := imagetest.Image{Names: []string{"base:1"}, Layers: [][]imagetest.File{imagetest.Busybox(t)}}
	base.WriteDockerArchive(t, archive)
	if _, err := s.store.Load(t.Context(), "docker-archive:"+archive, nil); err != nil {
		t.Fatal(err)
	}
	for name, text := range of {
		s.write(t, name, text)
	}
	return s
}

// openSite is the site below dir.
func openSite(dir string) (*site, error) {
	s := &site{
		dirs: state.Dirs{Run: filepath.Join(dir, "run"), Data: filepath.Join(dir, "data")},
		root: filepath.Join(dir, "context"), said: func(string) {},
	}
	if err := state.MakePrivate(s.dirs.Data); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.root, 0o755); err != nil {
		return nil, err
	}
	store, err := image.Open(s.dirs.Images())
	if err != nil {
		return nil, err
	}
	store.Start = func(ctx context.Context, args []string, stdio [3]*os.File, isolated bool) (int, error) {
		return rootless.RunRoleInside(ctx, s.dirs, args, stdio, isolated, s.said)
	}
	s.store = store
	return s, nil
}

func (s *site) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(s.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// images finds bases in the store.
func (s *site) images(_ context.Context, ref, _ string) (*build.Image, error) {
	img, err := s.store.Find(ref)
	if err != nil {
		return nil, err
	}
	raw, err := s.store.Raw(img.ID)
	if err != nil {
		return nil, err
	}
	var file config.File
	return &build.Image{Ref: ref, ID: img.ID, Layers: img.Layers, File: file}, decode(raw, &file)
}

// done is what a build came to.
type done struct {
	*solve.Result
	made   []string // steps that were made, sorted
	cached int      // steps that were not
	output string
}

// build builds a Dockerfile above the site's context.
func (s *site) build(ctx context.Context, text string) (d *done, err error) {
	c, err := contexts.Open(ctx, s.root, contexts.Options{Data: s.dirs.Data})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	patterns, file, err := dockerfile.Ignore(os.DirFS(s.root), nil, "")
	if err != nil {
		return nil, err
	}
	c.Ignore(patterns, file)
	args := map[string]*string{}
	for k, v := range s.env {
		args[k] = &v
	}
	g, err := dockerfile.Lower(ctx, dockerfile.Input{Name: "Dockerfile", Data: []byte(text), Args: args, Images: s.images})
	if err != nil {
		return nil, err
	}
	d = &done{}
	var out bytes.Buffer
	r := s.req
	r.Graph, r.Store = g, s.store
	r.Contexts = map[string]solve.Context{"": c}
	r.Worker = func(ctx context.Context) (build.Worker, error) { return worker.Start(ctx, s.dirs, s.said) }
	r.Excerpt = func(first, last int) string { return dockerfile.Excerpt(g.Source, first, last) }
	r.Observe = func(e build.Event) {
		switch {
		case e.Kind == build.Done && e.Number > 0 && !strings.HasPrefix(e.Text, "FROM"):
			d.made = append(d.made, e.Text)
		case e.Kind == build.Cached:
			d.cached++
		}
		if e.Number > 0 {
			out.Write(e.Output)
		}
	}
	d.Result, err = solve.Build(ctx, r)
	slices.Sort(d.made)
	d.output = out.String()
	return d, err
}

// must builds, and compares which steps were made.
func (s *site) must(t *testing.T, text string, want ...string) *done {
	t.Helper()
	d, err := s.build(t.Context(), text)
	if err != nil {
		t.Fatalf("%v\n%s", err, d.output)
	}
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(d.made, want) {
		t.Fatalf("made %q, want %q\n%s", d.made, want, d.output)
	}
	return d
}

// lines joins lines of a Dockerfile.
func lines(l ...string) string { return strings.Join(l, "\n") + "\n" }

// The whole way, with programs that run: two stages, changes in one and the other.
func TestBuild(t *testing.T) {
	s := newSite(t, map[string]string{"src/a.txt": "one", "src/b.txt": "two", "conf": "x", ".dockerignore": "**/*.log\n", "src/x.log": "1"})
	if s == nil {
		return
	}
	s.req.Tags = []string{"app:1"}
	text := func(tag string) string {
		return lines(
			"FROM base:1 AS builder",
			"WORKDIR /src",
			"COPY src .",
			"RUN cat *.txt >/out && ls >/list",
			"FROM base:1",
			"COPY --from=builder /out /list /app/",
			"RUN cat /app/out /app/list; mkdir /made; echo "+tag+" >/made/file",
			"COPY --chown=7:8 --chmod=600 conf /etc/",
			`CMD ["/bin/sh"]`,
		)
	}
	all := []string{"WORKDIR /src", "COPY src .", "RUN cat *.txt >/out && ls >/list", "COPY --from=builder /out /list /app/",
		"RUN cat /app/out /app/list; mkdir /made; echo t >/made/file", "COPY --chown=7:8 --chmod=600 conf /etc/"}
	first := s.must(t, text("t"), all...)
	if want := "onetwoa.txt\nb.txt\n"; first.output != want {
		t.Errorf("output %q, want %q", first.output, want)
	}
	again := s.must(t, text("t"))
	if again.Image.ID != first.Image.ID || !again.Cached || again.cached != len(all) {
		t.Errorf("again: %+v", again)
	}
	s.write(t, "src/x.log", "2")
	s.must(t, text("t"))
	s.write(t, "conf", "y")
	s.must(t, text("t"), "COPY --chown=7:8 --chmod=600 conf /etc/")
	s.must(t, text("u"), "RUN cat /app/out /app/list; mkdir /made; echo u >/made/file", "COPY --chown=7:8 --chmod=600 conf /etc/")
	s.write(t, "src/b.txt", "zwei")
	s.must(t, text("t"), all[1:]...)
	// A stage that is made anew and holds the same files at the end.
	comment := strings.Replace(text("t"), ">/list\n", ">/list # as above\n", 1)
	s.must(t, comment, "RUN cat *.txt >/out && ls >/list # as above")
	img, err := s.store.Find("app:1")
	if err != nil || len(img.Config.Cmd) != 1 {
		t.Errorf("%+v, %v", img, err)
	}
}

// A program sees of a mounted context what a copy would take, and runs again when
// that has changed.
func TestBuildMountsContext(t *testing.T) {
	s := newSite(t, map[string]string{"src/a": "one", "src/key": "secret", "src/deep/b": "two", ".dockerignore": "**/key\n"})
	if s == nil {
		return
	}
	const step = "RUN --mount=target=/m,rw find /m/src -type f | sort; cat /m/src/a; echo x >/m/src/written"
	text := lines("FROM base:1", step)
	if d := s.must(t, text, step); d.output != "/m/src/a\n/m/src/deep/b\none" {
		t.Errorf("it sees %q", d.output)
	}
	if _, err := os.Stat(s.root + "/src/written"); err == nil {
		t.Error("what it has written is in the context")
	}
	s.write(t, "src/key", "other")
	s.must(t, text)
	s.write(t, "src/a", "eins")
	s.must(t, text, step)
}

// A step that fails has its place, its output and its code.
func TestBuildFails(t *testing.T) {
	s := newSite(t, nil)
	if s == nil {
		return
	}
	_, err := s.build(t.Context(), lines("FROM base:1", "RUN true", "RUN echo before; exit 4"))
	var e *solve.Error
	if !as(err, &e) {
		t.Fatal(err)
	}
	if want := `failed to solve: process "/bin/sh -c echo before; exit 4" did not complete successfully: exit code: 4`; e.Error() != want {
		t.Errorf("%s\nwant %s", e, want)
	}
	if !strings.Contains(e.Detail(), "before\n") || !strings.Contains(e.Detail(), ">>> RUN echo before; exit 4") || e.Line != 3 {
		t.Errorf("%s", e.Detail())
	}
	if _, err := s.build(t.Context(), lines("FROM base:1", "COPY nothing /")); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("%v", err)
	}
}

// The same input gives the same image, whoever builds it, where and when.
func TestBuildIsReproducible(t *testing.T) {
	testns.RequireUserNamespaces(t)
	ids := map[string]bool{}
	for i := range 2 {
		s := newSite(t, map[string]string{"a/b/c": "text", "a/d": "more"})
		if s == nil {
			return
		}
		old := time.Now().Add(time.Duration(-i) * time.Hour)
		if err := os.Chtimes(filepath.Join(s.root, "a/d"), old, old); err != nil {
			t.Fatal(err)
		}
		epoch := time.Unix(1_500_000_000, 0)
		s.req.Epoch = &epoch
		d := s.must(t, lines("FROM base:1", "WORKDIR /w/x", "COPY a /w/a", "RUN echo x >/etc/x; mkdir -p /e/f; ln -s x /etc/y; ln /etc/x /etc/z", "LABEL b=1 a=2"),
			"WORKDIR /w/x", "COPY a /w/a", "RUN echo x >/etc/x; mkdir -p /e/f; ln -s x /etc/y; ln /etc/x /etc/z")
		ids[fmt.Sprint(d.Image.ID, d.Image.Layers)] = true
	}
	if len(ids) != 1 {
		t.Errorf("images: %v", ids)
	}
}
