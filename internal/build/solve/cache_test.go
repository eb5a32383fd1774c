package solve

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// two is a Dockerfile of two stages over a context with two files.
func two(tweak ...func(*build.Graph)) *build.Graph {
	g := graph(
		stage("builder", run("tools"), copyStep("/src/", "src"), run("compile", "all")),
		stage("", run("base"), env("ENV A=1"), copyFrom(0, "/app/", "/compile"), copyStep("/conf/", "conf"), run("last")),
	)
	for _, f := range tweak {
		f(g)
	}
	return g
}

func contextDir(t *testing.T, of files) string {
	dir := t.TempDir()
	for name, text := range of {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var allOfTwo = []string{"RUN tools", "COPY src", "RUN compile all", "RUN base", "COPY /compile", "COPY conf", "RUN last"}

func startTwo(t *testing.T) (*testBuild, string) {
	tb := newBuild(t)
	dir := contextDir(t, files{"src/main.c": "int main", "src/lib.c": "int lib", "conf/a": "a=1", "unused": "x"})
	tb.req.Contexts = map[string]Context{"": &dirContext{dir: dir}}
	tb.must(two(), allOfTwo...)
	return tb, dir
}

// What has changed decides which steps are made again, and no step is made that
// need not be.
func TestInvalidation(t *testing.T) {
	fromConf := []string{"COPY conf", "RUN last"}
	for _, c := range []struct {
		name   string
		tweak  func(g *build.Graph)
		change func(dir string) error
		req    func(r *Request)
		want   []string
	}{
		{name: "nothing"},
		{name: "file that no step takes", change: func(dir string) error { return os.WriteFile(dir+"/unused", []byte("y"), 0o644) }},
		{name: "times only", change: func(dir string) error {
			return os.Chtimes(dir+"/conf/a", timeAt(1), timeAt(2))
		}},
		{name: "content", change: func(dir string) error { return os.WriteFile(dir+"/conf/a", []byte("a=2"), 0o644) }, want: fromConf},
		{name: "mode", change: func(dir string) error { return os.Chmod(dir+"/conf/a", 0o755) }, want: fromConf},
		{name: "name", change: func(dir string) error { return os.Rename(dir+"/conf/a", dir+"/conf/b") }, want: fromConf},
		{name: "one more file", change: func(dir string) error { return os.WriteFile(dir+"/conf/b", nil, 0o644) }, want: fromConf},
		{
			// What the compiler makes is the same: the other stage finds its copy.
			name: "source", change: func(dir string) error { return os.WriteFile(dir+"/src/lib.c", []byte("int x"), 0o644) },
			want: []string{"COPY src", "RUN compile all"},
		},
		{name: "argument", tweak: func(g *build.Graph) { g.Stages[1].Steps[4].Run.Env = []string{"V=2"} }, want: []string{"RUN last"}},
		{name: "proxy", tweak: func(g *build.Graph) { g.Stages[1].Steps[4].Run.Proxy = []string{"http_proxy=x"} }},
		{name: "words", tweak: func(g *build.Graph) { g.Stages[0].Steps[2].Run.Args = []string{"compile", "more"} }, want: []string{"RUN compile more", "COPY /compile", "COPY conf", "RUN last"}},
		{name: "variable without a use", tweak: func(g *build.Graph) { g.Stages[1].Image.Config.Env = []string{"A=2"} }},
		{name: "how it is shown", tweak: func(g *build.Graph) { g.Stages[1].Steps[0].Text, g.Stages[1].Steps[0].Line = "RUN other", 9 }},
		{name: "owner of a copy", tweak: func(g *build.Graph) { g.Stages[1].Steps[3].Copy.Chown = "1:1" }, want: fromConf},
		{name: "a stage in front", tweak: func(g *build.Graph) {
			g.Stages = append([]build.Stage{stage("new", run("new"))}, g.Stages...)
			one := 1
			g.Stages[2].Steps[2].Copy.From.Stage = &one
		}, want: []string{"RUN new"}},
		{name: "network", req: func(r *Request) { r.Machine.Network = "none" }, want: []string{"RUN tools", "RUN compile all", "RUN base", "RUN last"}},
		{name: "hosts in another order", req: func(r *Request) { r.Machine.Hosts = []string{} }},
		{name: "no cache", req: func(r *Request) { r.NoCache = true }, want: allOfTwo},
		{name: "no cache for a stage", req: func(r *Request) { r.NoCacheStages = []string{"Builder"} }, want: []string{"RUN tools", "COPY src", "RUN compile all"}},
		{name: "epoch", req: func(r *Request) { e := timeAt(5); r.Epoch = &e }, want: allOfTwo},
	} {
		t.Run(c.name, func(t *testing.T) {
			tb, dir := startTwo(t)
			g := two()
			if c.tweak != nil {
				c.tweak(g)
			}
			if c.change != nil {
				if err := c.change(dir); err != nil {
					t.Fatal(err)
				}
			}
			if c.req != nil {
				c.req(&tb.req)
			}
			tb.must(g, c.want...)
			if !strings.HasPrefix(c.name, "no cache") {
				tb.must(g)
			}
		})
	}
}

// Without a change nothing is started, and the image stays the same; a change of
// the configuration alone makes another image, and starts nothing.
func TestCachedBuild(t *testing.T) {
	tb, _ := startTwo(t)
	tb.req.Tags = []string{"app"}
	first := tb.must(two())
	tb.starts = 0
	before := tree(t, storeDir(t))
	again := tb.must(two())
	if tb.starts != 0 {
		t.Error("a worker was started")
	}
	if again.Image.ID != first.Image.ID || !again.Image.Created.Equal(first.Image.Created) {
		t.Errorf("image %s of %s, before %s of %s", again.Image.ID, again.Image.Created, first.Image.ID, first.Image.Created)
	}
	if after := tree(t, storeDir(t)); after != before {
		t.Errorf("the store has changed:\n%s\nbefore:\n%s", after, before)
	}
	other := tb.must(two(func(g *build.Graph) { g.Stages[1].Image.Config.Cmd = []string{"x"} }))
	if other.Image.ID == first.Image.ID {
		t.Error("another command, the same image")
	}
	if back := tb.must(two()); back.Image.ID != first.Image.ID || len(back.Image.Names) != 1 {
		t.Errorf("the way back: %s %q", back.Image.ID, back.Image.Names)
	}
	if left, err := tb.store.Find(other.Image.ID); err != nil || len(left.Names) != 0 {
		t.Errorf("the image that lost its name: %q, %v", left.Names, err)
	}
}

// A link on its own does not depend on what is below, unless a name has to be
// looked up there.
func TestLinkIsIndependent(t *testing.T) {
	tb, _ := startTwo(t)
	g := func(first, owner string) *build.Graph {
		link := copyStep("/conf/", "conf")
		link.Copy.Link, link.Copy.Chown = true, owner
		return graph(stage("", run(first), link, run("last")))
	}
	tb.must(g("one", "1:1"), "RUN one", "COPY conf", "RUN last")
	tb.must(g("two", "1:1"), "RUN two", "RUN last")
	tb.must(g("one", "www:1"), "COPY conf", "RUN last")
	tb.must(g("two", "www:1"), "COPY conf", "RUN last")
}

// A step that changed nothing is remembered, and leaves no layer.
func TestEmptyStep(t *testing.T) {
	tb := newBuild(t)
	tb.worker.do["nothing"] = func(context.Context, *build.RunJob, io.Writer) (map[string]string, error) { return nil, nil }
	g := graph(stage("", run("a"), run("nothing"), run("b")))
	res := tb.must(g, "RUN a", "RUN nothing", "RUN b")
	if len(res.Image.Layers) != 2 {
		t.Errorf("layers: %q", res.Image.Layers)
	}
	if again := tb.must(g); again.Image.ID != res.Image.ID {
		t.Error("another image")
	}
}
