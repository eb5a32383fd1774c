package solve

import (
	"context"
	"fmt"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/image"
)

// BenchmarkCached is a build of ten steps in which nothing has changed, without
// reading the Dockerfile and the context.
func BenchmarkCached(b *testing.B) {
	t := &testing.T{}
	dir := b.TempDir()
	storeDirs.Store(t, dir)
	store, err := image.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	w := &fakeWorker{t: t, store: store}
	var steps []build.Step
	for i := range 10 {
		steps = append(steps, run(fmt.Sprint("step", i)))
	}
	r := Request{
		Graph: graph(stage("", steps...)), Store: store, Tags: []string{"bench"},
		Worker: func(context.Context) (build.Worker, error) { return w, nil },
	}
	if _, err := Build(b.Context(), r); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if res, err := Build(b.Context(), r); err != nil || !res.Cached {
			b.Fatal(err)
		}
	}
}
