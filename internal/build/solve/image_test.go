package solve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
)

func document1(t *testing.T, tb *testBuild, id string) (c config.File, raw string) {
	t.Helper()
	b, err := tb.store.Raw(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c, string(b)
}

// With an epoch an image depends on nothing but what it is made of: not on the
// store, the directory, or the time.
func TestReproducible(t *testing.T) {
	epoch := timeAt(3)
	var raws []string
	for range 2 {
		tb, _ := startTwo(t)
		tb.req.Epoch = &epoch
		g := two(func(g *build.Graph) {
			g.Stages[1].Image.Config.Labels = map[string]string{"b": "1", "a": "2", "c": "3"}
			g.Stages[1].Image.Config.ExposedPorts = map[string]struct{}{"80/tcp": {}, "443/tcp": {}}
		})
		res, _, err := tb.build(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		c, raw := document1(t, tb, res.Image.ID)
		if !c.Created.Equal(epoch) {
			t.Errorf("created %s", c.Created)
		}
		raws = append(raws, raw)
	}
	if raws[0] != raws[1] {
		t.Errorf("%s\nand\n%s", raws[0], raws[1])
	}
}

// The image above another one: its layers and history come first, with their times.
func TestImageAboveBase(t *testing.T) {
	tb := newBuild(t)
	base := tb.must(graph(stage("", run("a"), env("ENV A=1"))), "RUN a").Image
	file, _ := document1(t, tb, base.ID)
	epoch := timeAt(3)
	tb.req.Epoch = &epoch
	on := stage("", env("CMD x"), run("b"), env("USER 1"))
	on.Base.Image = &build.Image{Ref: "base", ID: base.ID, Layers: base.Layers, File: file}
	on.Image = file
	on.Image.Config.User = "1"
	res := tb.must(graph(on), "RUN b")
	c, _ := document1(t, tb, res.Image.ID)
	var got []string
	for i, h := range c.History {
		line := h.CreatedBy
		if h.EmptyLayer {
			line += " empty"
		}
		if want := epoch; i < 2 && !h.Created.Equal(file.History[i].Created) || i >= 2 && !h.Created.Equal(want) {
			t.Errorf("%s: created %s", line, h.Created)
		}
		got = append(got, line)
	}
	if strings.Join(got, ",") != "RUN a,ENV A=1 empty,CMD x empty,RUN b,USER 1 empty" {
		t.Errorf("history %q", got)
	}
	if len(c.RootFS.DiffIDs) != 2 || c.RootFS.DiffIDs[0] != file.RootFS.DiffIDs[0] || c.Config.User != "1" {
		t.Errorf("%+v", c)
	}
}

// What docker could not run is not made: the stage says so where it has too many
// layers.
func TestTooManyLayers(t *testing.T) {
	tb := newBuild(t)
	var steps []build.Step
	for i := range image.MaxLayers + 1 {
		steps = append(steps, run("step", fmt.Sprint(i)))
	}
	_, _, err := tb.build(t.Context(), graph(stage("", steps...)))
	var e *Error
	if !errors.As(err, &e) || e.Line != image.MaxLayers+2 || !strings.Contains(e.Error(), "127 layers") {
		t.Errorf("%v", err)
	}
}

// A base for another machine is told before its programs are run; one that only
// gives files is not.
func TestForeignBase(t *testing.T) {
	tb := newBuild(t)
	base := &build.Image{Ref: "theirs:1"}
	base.File.Architecture = "mips"
	for _, c := range []struct {
		step   build.Step
		warned bool
	}{{run("a"), true}, {build.Step{MakeDir: &build.MakeDir{Path: "/b"}, Text: "WORKDIR /b"}, false}} {
		st := stage("", c.step)
		st.Base.Image = base
		if _, _, err := tb.build(t.Context(), graph(st)); err != nil {
			t.Fatal(err)
		}
		warned := slices.ContainsFunc(tb.events, func(e build.Event) bool {
			return e.Kind == build.Warned && strings.Contains(e.Text, "theirs:1 is for linux/mips")
		})
		if warned != c.warned {
			t.Errorf("%s: warned is %v", c.step.Text, warned)
		}
	}
}

// An image carries the cache of its steps to another store's build, if asked; of
// one that does not, programs are found by its history.
func TestCacheFrom(t *testing.T) {
	for _, inline := range []bool{true, false} {
		tb, _ := startTwo(t)
		tb.req.InlineCache = inline
		g := graph(stage("", run("base"), env("ENV A=1"), run("more"), copyStep("/conf/", "conf"), run("last")))
		res, _, err := tb.build(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(storeDir(t) + "/cache"); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(storeDir(t)+"/cache", 0o700); err != nil {
			t.Fatal(err)
		}
		file, _ := document1(t, tb, res.Image.ID)
		tb.req.CacheFrom = []build.Image{{Ref: "app", ID: res.Image.ID, Layers: res.Image.Layers, File: file}}
		want := []string{"COPY conf"} // the same files again: what follows is found
		if inline {
			want = nil
		}
		tb.must(g, want...)
		tb.req.CacheFrom = nil
		tb.must(g) // it is in the cache now
		other := graph(stage("", run("base"), env("ENV A=2"), run("more")))
		tb.req.CacheFrom = []build.Image{{Ref: "app", ID: res.Image.ID, Layers: res.Image.Layers, File: file}}
		other.Stages[0].Steps[2].Run.Env = []string{"A=2"}
		tb.must(other, "RUN more")
	}
}

// A stage that only gives files to the last one is not in the image: with an inline
// cache it need not be built, unless what is taken from it is not found.
func TestCacheFromSparesStages(t *testing.T) {
	tb, dir := startTwo(t)
	tb.req.InlineCache = true
	res := tb.must(two())
	file, _ := document1(t, tb, res.Image.ID)
	forget := func() {
		if err := errors.Join(os.RemoveAll(storeDir(t)+"/cache"), os.Mkdir(storeDir(t)+"/cache", 0o700)); err != nil {
			t.Fatal(err)
		}
	}
	forget()
	tb.req.CacheFrom = []build.Image{{Ref: "app", ID: res.Image.ID, Layers: res.Image.Layers, File: file}}
	again := tb.must(two())
	if again.Image.ID != res.Image.ID {
		t.Error("another image")
	}
	if err := os.WriteFile(dir+"/conf/a", []byte("a=2"), 0o644); err != nil {
		t.Fatal(err)
	}
	tb.must(two(), "COPY conf", "RUN last") // nothing more is taken from the other stage
	forget()
	if err := os.WriteFile(dir+"/src/lib.c", []byte("int x"), 0o644); err != nil {
		t.Fatal(err)
	}
	tb.must(two(), "RUN tools", "COPY src", "RUN compile all", "COPY /compile", "COPY conf", "RUN last")
	tb.req.NoCache = true
	tb.must(two(), allOfTwo...)
}

// Secrets and agents are looked up when a program needs them and not before, and
// are nowhere afterwards.
func TestSecrets(t *testing.T) {
	const value = "the-secret-value"
	tb := newBuild(t)
	looked := 0
	tb.req.Secret = func(id string) ([]byte, error) {
		looked++
		if id == "token" {
			return []byte(value), nil
		}
		return nil, nil
	}
	tb.req.Agent = func(string) (string, error) { return "", nil }
	tb.worker.do["use"] = func(_ context.Context, j *build.RunJob, _ io.Writer) (map[string]string, error) {
		if string(j.Mounts[0].Secret) != value || !j.Mounts[1].Absent || !j.Mounts[2].Absent {
			t.Errorf("mounts: %+v", j.Mounts)
		}
		return files{"/x": "y"}, nil
	}
	with := func(mounts ...build.Mount) *build.Graph {
		s := run("use")
		s.Run.Mounts = mounts
		return graph(stage("", s))
	}
	g := with(
		build.Mount{Type: build.MountSecret, ID: "token", Target: "/run/secrets/token", Required: true},
		build.Mount{Type: build.MountSecret, ID: "none"}, build.Mount{Type: build.MountSSH, ID: "default"},
	)
	tb.must(g, "RUN use")
	looked = 0
	tb.must(g)
	if looked != 0 {
		t.Error("a secret was looked up for a cached step")
	}
	if strings.Contains(tree(t, storeDir(t)), value) {
		t.Error("the secret is in the store")
	}
	for _, c := range []struct {
		mount build.Mount
		want  string
	}{
		{build.Mount{Type: build.MountSecret, ID: "none", Required: true}, "secret none: not found"},
		{build.Mount{Type: build.MountSSH, ID: "default", Required: true}, "unset ssh forward key default"},
	} {
		_, _, err := tb.build(t.Context(), with(c.mount))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// Where a step in the cache says one time and one in the base another, the image
// has the time of the build that made it first.
func TestCreated(t *testing.T) {
	tb := newBuild(t)
	before := time.Now()
	g := graph(stage("", run("a")))
	first := tb.must(g, "RUN a").Image
	if first.Created.Before(before.Add(-time.Second)) || first.Created.After(time.Now().Add(time.Second)) {
		t.Errorf("created %s", first.Created)
	}
	g.Stages[0].Image.Config.Cmd = []string{"x"}
	second := tb.must(g).Image
	if !second.Created.After(first.Created) {
		t.Errorf("the first was created %s, the second %s", first.Created, second.Created)
	}
	if again := tb.must(g).Image; again.ID != second.ID {
		t.Error("another image")
	}
}
