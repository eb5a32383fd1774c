package solve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// meet is a program that ends only when n of it run at the same time.
func meet(n int) func(context.Context, *build.RunJob, io.Writer) (map[string]string, error) {
	var here atomic.Int32
	all := make(chan struct{})
	return func(ctx context.Context, j *build.RunJob, _ io.Writer) (map[string]string, error) {
		if here.Add(1) == int32(n) {
			close(all)
		}
		select {
		case <-all:
			return files{"/" + j.Run.Args[1]: "met"}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Stages that do not need each other run at the same time, and a stage starts
// before those that it uses have ended: it waits at the step that uses one.
func TestStagesInParallel(t *testing.T) {
	tb := newBuild(t)
	tb.req.Parallel = 3
	tb.worker.do["meet"] = meet(3)
	tb.must(graph(
		stage("a", run("meet", "a")),
		stage("b", run("meet", "b")),
		stage("", run("meet", "c"), copyFrom(0, "/a", "/a"), copyFrom(1, "/b", "/b")),
	), "RUN meet a", "RUN meet b", "RUN meet c", "COPY /a", "COPY /b")
}

// No more steps run at the same time than are allowed.
func TestParallelIsBounded(t *testing.T) {
	tb := newBuild(t)
	tb.req.Parallel = 1
	var at atomic.Int32
	tb.worker.do["one"] = func(context.Context, *build.RunJob, io.Writer) (map[string]string, error) {
		if at.Add(1) != 1 {
			t.Error("two at the same time")
		}
		defer at.Add(-1)
		return files{"/x": "y"}, nil
	}
	var stages []build.Stage
	last := stage("")
	for i := range 8 {
		stages = append(stages, stage(fmt.Sprint(i), run("one", fmt.Sprint(i))))
		last.Steps = append(last.Steps, copyFrom(i, "/", "/x"))
	}
	if _, _, err := tb.build(t.Context(), graph(append(stages, last)...)); err != nil {
		t.Fatal(err)
	}
}

// A failure ends what runs beside it, and is what is told; not the end of the others.
func TestFailureCancels(t *testing.T) {
	tb := newBuild(t)
	tb.req.Excerpt = func(first, last int) string { return fmt.Sprintf("lines %d to %d\n", first, last) }
	waiting := make(chan struct{})
	tb.worker.do["wait"] = func(ctx context.Context, _ *build.RunJob, _ io.Writer) (map[string]string, error) {
		close(waiting)
		<-ctx.Done()
		return nil, &build.ExitError{Code: 137} // as its program sees it
	}
	tb.worker.do["fail"] = func(_ context.Context, _ *build.RunJob, out io.Writer) (map[string]string, error) {
		<-waiting
		for i := range 100 {
			fmt.Fprintf(out, "line %d\n", i)
		}
		return nil, &build.ExitError{Code: 3}
	}
	_, ran, err := tb.build(t.Context(), graph(
		stage("slow", run("wait")), stage("bad", run("good"), run("fail", "now")), stage("", copyFrom(0, "/", "/x"), copyFrom(1, "/", "/x")),
	))
	var e *Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	if want := `failed to solve: process "fail now" did not complete successfully: exit code: 3`; e.Error() != want {
		t.Errorf("%s\nwant %s", e, want)
	}
	if e.Line != 3 || e.File != "Dockerfile" || e.Stage != "bad 3/3" || e.Excerpt != "lines 3 to 3\n" {
		t.Errorf("%+v", e)
	}
	if lines := strings.Split(e.Output, "\n"); len(lines) != tailLines+1 || lines[tailLines-1] != "line 99" {
		t.Errorf("output %q", e.Output)
	}
	if !slices.Equal(ran, []string{"RUN good"}) {
		t.Errorf("ran %q", ran)
	}
	want := "------\n > [bad 3/3] RUN fail now:\n" + e.Output + "------\nDockerfile:3\nlines 3 to 3\n"
	if e.Detail() != want {
		t.Errorf("%s\nwant\n%s", e.Detail(), want)
	}
	ends := map[string]build.EventKind{}
	for _, e := range tb.events {
		ends[e.Text] = e.Kind
	}
	if ends["RUN wait"] != build.Canceled || ends["RUN fail now"] != build.Failed {
		t.Errorf("ends: %v", ends)
	}
	// What was done is kept.
	delete(tb.worker.do, "fail")
	delete(tb.worker.do, "wait")
	tb.must(graph(stage("bad", run("good"), run("fail", "now"))), "RUN fail now")
}

// A command that is interrupted says so, and nothing of its steps.
func TestInterrupted(t *testing.T) {
	tb := newBuild(t)
	ctx, cancel := context.WithCancel(t.Context())
	tb.worker.do["wait"] = func(ctx context.Context, _ *build.RunJob, _ io.Writer) (map[string]string, error) {
		cancel()
		<-ctx.Done()
		return nil, &build.ExitError{Code: 137}
	}
	_, _, err := tb.build(ctx, graph(stage("", run("wait"))))
	if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "137") {
		t.Errorf("%v", err)
	}
}

// Of two builds at the same time one makes a step, and the other has it.
func TestTwoBuildsShareSteps(t *testing.T) {
	tb := newBuild(t)
	var count atomic.Int32
	tb.worker.do["once"] = func(context.Context, *build.RunJob, io.Writer) (map[string]string, error) {
		return files{"/n": fmt.Sprint(count.Add(1))}, nil
	}
	images := make(chan string, 8)
	for range cap(images) {
		go func() {
			w := &fakeWorker{t: t, store: tb.store, do: tb.worker.do}
			res, err := Build(t.Context(), Request{
				Graph: graph(stage("", run("once"), run("then"))), Store: tb.store, Tags: []string{"same"},
				Worker: func(context.Context) (build.Worker, error) { return w, nil },
			})
			if err != nil {
				t.Error(err)
				images <- ""
				return
			}
			images <- strings.Join(res.Image.Layers, " ")
		}()
	}
	first := <-images
	for range cap(images) - 1 {
		if other := <-images; other != first {
			t.Errorf("layers %s and %s", first, other)
		}
	}
	if count.Load() != 1 {
		t.Errorf("made %d times", count.Load())
	}
}

// What can go wrong before a step runs names the step.
func TestErrorsBeforeRunning(t *testing.T) {
	image := &build.Image{Ref: "gone", Layers: []string{strings.Repeat("a", 64)}}
	image.File.RootFS.DiffIDs = []string{"sha256:" + strings.Repeat("a", 64)}
	for name, c := range map[string]struct {
		graph *build.Graph
		req   func(*Request)
		want  string
	}{
		"worker":  {graph(stage("", run("x"))), func(r *Request) { r.Parallel = 1 }, "start the worker: no ids"},
		"context": {graph(stage("", copyStep("/", "a"))), nil, `there is no build context ""`},
		"select":  {graph(stage("", copyStep("/", "a"))), func(r *Request) { r.Contexts = map[string]Context{"": &dirContext{err: errors.New(`"/a": not found`)}} }, `"/a": not found`},
		"base":    {&build.Graph{Stages: []build.Stage{{Base: build.Base{Image: image}, Line: 2}}}, nil, "image gone: layer aaaaaaaaaaaa"},
		"tag":     {graph(stage("", run("x"))), func(r *Request) { r.Tags = []string{"UPPER"} }, "UPPER"},
	} {
		t.Run(name, func(t *testing.T) {
			tb := newBuild(t)
			r := Request{Graph: c.graph, Store: tb.store, Worker: func(context.Context) (build.Worker, error) { return nil, errors.New("no ids") }}
			if c.req != nil {
				c.req(&r)
			}
			_, err := Build(t.Context(), r)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, want %q", err, c.want)
			}
			var e *Error
			if errors.As(err, &e) && e.Line != 2 {
				t.Errorf("line %d", e.Line)
			}
		})
	}
}

func TestEvents(t *testing.T) {
	tb, _ := startTwo(t)
	var got []string
	tb.worker.do["last"] = func(_ context.Context, _ *build.RunJob, out io.Writer) (map[string]string, error) {
		fmt.Fprint(out, "hello")
		return nil, nil
	}
	g := two(func(g *build.Graph) { g.Stages[1].Steps[4].Run.Env = []string{"V=3"} })
	tb.must(g, "RUN last")
	for _, e := range tb.events {
		if e.Stage == "" {
			got = append(got, fmt.Sprintf("%s %d/%d %s %s", e.Kind, e.Number, e.Steps, e.Text, e.Output))
		}
	}
	want := []string{
		"cached 2/5 RUN base ", "cached 3/5 COPY /compile /app/ ", "cached 4/5 COPY conf /conf/ ",
		"started 5/5 RUN last ", "output 5/5 RUN last hello", "done 5/5 RUN last ",
		"started 0/0 exporting to image ", "done 0/0 exporting to image ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
