package solve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// fakeWorker makes real layers of the store, each with one file that lists names and
// contents. A program is one word of do.
type fakeWorker struct {
	t     *testing.T
	store *image.Store
	do    map[string]func(ctx context.Context, j *build.RunJob, out io.Writer) (map[string]string, error)

	mu     sync.Mutex
	ran    []string // what was made, in the order of its end
	leases []*layerstore.Lease
	closed bool
}

type files map[string]string

const listing = "listing.json"

func (w *fakeWorker) view(keys []string) files {
	all := files{}
	for _, key := range keys {
		b, err := os.ReadFile(filepath.Join(storeDir(w.t), "layers", key, "fs", listing))
		if err != nil {
			w.t.Error(err)
			continue
		}
		var one files
		if err := json.Unmarshal(b, &one); err != nil {
			w.t.Error(err)
		}
		maps.Copy(all, one)
	}
	return all
}

func (w *fakeWorker) layer(ctx context.Context, what string, of files) (build.Layer, error) {
	if err := ctx.Err(); err != nil {
		return build.Layer{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ran = append(w.ran, what)
	if len(of) == 0 {
		return build.Layer{Empty: true}, nil
	}
	text, err := json.Marshal(of)
	if err != nil {
		return build.Layer{}, err
	}
	sum := sha256.Sum256(text)
	lease, hex, err := w.store.Layers().NewLayer(ctx, false, func(fs, _ *os.File) (layer.Stats, string, error) {
		err := os.WriteFile(filepath.Join(fs.Name(), listing), text, 0o600)
		return layer.Stats{Bytes: int64(len(text))}, hex.EncodeToString(sum[:]), err
	})
	if err != nil {
		return build.Layer{}, err
	}
	w.leases = append(w.leases, lease)
	return build.Layer{Key: lease.Key, DiffID: "sha256:" + hex, Size: lease.Stats.Bytes}, nil
}

func (w *fakeWorker) Run(ctx context.Context, j *build.RunJob, out io.Writer) (build.Layer, error) {
	name := j.Run.Args[0]
	var of files
	if f := w.do[name]; f != nil {
		got, err := f(ctx, j, out)
		if err != nil {
			return build.Layer{}, err
		}
		of = got
	} else {
		of = files{"/" + name: strings.Join(j.Run.Args[1:], " ") + strings.Join(j.Run.Env, " ")}
	}
	return w.layer(ctx, "RUN "+strings.Join(j.Run.Args, " "), of)
}

func (w *fakeWorker) Copy(ctx context.Context, j *build.CopyJob, _ io.Writer) (build.Layer, error) {
	of := files{}
	if j.Dir == nil {
		of = w.taken(j)
	}
	for _, e := range j.Entries {
		b, err := os.ReadFile(filepath.Join(j.Dir.Name(), e.Path))
		if err != nil {
			return build.Layer{}, err
		}
		info, err := os.Stat(filepath.Join(j.Dir.Name(), e.Path))
		if err != nil {
			return build.Layer{}, err
		}
		of[j.Copy.Dest+e.To] = fmt.Sprint(info.Mode(), j.Copy.Chown, string(b))
	}
	for _, h := range j.Copy.Files {
		of[j.Copy.Dest+h.Name] = h.Data
	}
	return w.layer(ctx, "COPY "+strings.Join(j.Copy.Paths, " "), of)
}

// taken are the files that a copy takes out of layers.
func (w *fakeWorker) taken(j *build.CopyJob) files {
	of := files{}
	for name, text := range w.view(j.From) {
		for _, p := range j.Copy.Paths {
			if rest, ok := strings.CutPrefix(name, p); ok {
				of[j.Copy.Dest+rest] = text
			}
		}
	}
	return of
}

func (w *fakeWorker) Digest(_ context.Context, j *build.CopyJob) (string, error) {
	text, err := json.Marshal(w.taken(j))
	return string(text), err
}

func (w *fakeWorker) MakeDir(ctx context.Context, j *build.MakeDirJob) (build.Layer, error) {
	of := files{}
	if _, there := w.view(j.Lower)[j.MakeDir.Path]; !there {
		of[j.MakeDir.Path] = "dir"
	}
	return w.layer(ctx, "WORKDIR "+j.MakeDir.Path, of)
}

func (w *fakeWorker) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	var errs []error
	for _, l := range w.leases {
		errs = append(errs, l.Close())
	}
	w.leases = nil
	return errors.Join(errs...)
}

// dirContext is a context without an ignore file: names are taken literally, a
// directory with all that is in it.
type dirContext struct {
	dir string
	err error
}

func (c *dirContext) Dir() (*os.File, error) { return os.Open(c.dir) }

func (c *dirContext) Fetched() []*os.File { return nil }

func (c *dirContext) Select(_ context.Context, take *build.Copy) (list []build.Entry, digest string, err error) {
	if c.err != nil {
		return nil, "", c.err
	}
	sum := sha256.New()
	for _, p := range take.Paths {
		top := filepath.Join(c.dir, p)
		err := filepath.WalkDir(top, func(name string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			rel, _ := filepath.Rel(c.dir, name)
			to, _ := filepath.Rel(top, name)
			if to == "." {
				to = ""
			}
			list = append(list, build.Entry{Path: rel, To: to})
			info, err := d.Info()
			fmt.Fprintf(sum, "%q %v %x\n", to, info.Mode(), sha256.Sum256(b))
			return err
		})
		if err != nil {
			return nil, "", err
		}
	}
	return list, hex.EncodeToString(sum.Sum(nil)), nil
}

// bench is where builds of a test run.
type testBuild struct {
	t      *testing.T
	store  *image.Store
	req    Request
	worker *fakeWorker
	events []build.Event
	starts int
}

var storeDirs sync.Map // *testing.T -> directory

func storeDir(t *testing.T) string {
	dir, _ := storeDirs.Load(t)
	return dir.(string)
}

func newBuild(t *testing.T) *testBuild {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "images")
	storeDirs.Store(t, dir)
	store, err := image.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &testBuild{t: t, store: store, worker: &fakeWorker{t: t, store: store, do: map[string]func(context.Context, *build.RunJob, io.Writer) (map[string]string, error){}}}
}

// build carries a graph out, and tells which steps were made, sorted.
func (tb *testBuild) build(ctx context.Context, g *build.Graph) (*Result, []string, error) {
	tb.t.Helper()
	r := tb.req
	w := &fakeWorker{t: tb.t, store: tb.store, do: tb.worker.do}
	tb.events = nil
	r.Graph, r.Store = g, tb.store
	r.Worker = func(context.Context) (build.Worker, error) { tb.starts++; return w, nil }
	r.Observe = func(e build.Event) { tb.events = append(tb.events, e) }
	res, err := Build(ctx, r)
	if len(w.leases) != 0 {
		tb.t.Errorf("%d leases are left", len(w.leases))
	}
	if len(w.ran) > 0 && !w.closed {
		tb.t.Error("the worker was not closed")
	}
	ran := slices.Clone(w.ran)
	slices.Sort(ran)
	return res, ran, err
}

func (tb *testBuild) must(g *build.Graph, wantRan ...string) *Result {
	tb.t.Helper()
	res, ran, err := tb.build(tb.t.Context(), g)
	if err != nil {
		tb.t.Fatal(err)
	}
	slices.Sort(wantRan)
	if !slices.Equal(ran, wantRan) {
		tb.t.Fatalf("made %q, want %q", ran, wantRan)
	}
	if res.Cached != (len(ran) == 0) {
		tb.t.Errorf("Cached is %v after %d steps", res.Cached, len(ran))
	}
	return res
}

func run(words ...string) build.Step {
	text := "RUN " + strings.Join(words, " ")
	return build.Step{Text: text, CreatedBy: text, Run: &build.Run{Args: words}}
}

func copyStep(dest string, paths ...string) build.Step {
	text := "COPY " + strings.Join(append(paths, dest), " ")
	return build.Step{Text: text, CreatedBy: text, Copy: &build.Copy{Paths: paths, Dest: dest}}
}

func copyFrom(n int, dest string, paths ...string) build.Step {
	s := copyStep(dest, paths...)
	s.Copy.From.Stage = &n
	return s
}

func env(text string) build.Step { return build.Step{Text: text, CreatedBy: text} }

// stage numbers its steps as lower does.
func stage(name string, steps ...build.Step) build.Stage {
	st := build.Stage{Name: name, Total: 1, Steps: steps}
	for i := range st.Steps {
		st.Steps[i].Line, st.Steps[i].Last = i+2, i+2
		if !st.Steps[i].Empty() {
			st.Total++
			st.Steps[i].Number = st.Total
		}
	}
	st.Image.OS, st.Image.Architecture = "linux", "amd64"
	return st
}

func graph(stages ...build.Stage) *build.Graph {
	return &build.Graph{File: "Dockerfile", Stages: stages}
}
