package solve

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// source is where a step takes files from, looked at as far as its key needs.
type source struct {
	id      string // what it holds, for keys
	layers  []string
	context Context // or
	entries []build.Entry
}

// load is a context, and the progress of its reading: that of the step which is
// first, since the others find most of it read.
type load struct {
	context Context
	once    sync.Once
}

// say tells how much a step takes of a context.
func (t *task) say(entries []build.Entry) {
	if len(entries) == 0 {
		return
	}
	size := int64(0)
	for i := range entries {
		if entries[i].Seen.Mode&unix.S_IFMT == unix.S_IFREG {
			size += entries[i].Seen.Size
		}
	}
	e := t.event
	e.Kind, e.Output = build.Output, fmt.Appendf(nil, "looked at %d files, %.2fMB\n", len(entries), float64(size)/1e6)
	t.observer.emit(e)
}

// sources are those of a copy, or one for each mount; a mount that shows nothing
// of elsewhere has an empty one.
func (f *flight) sources(ctx context.Context, step *build.Step) ([]source, error) {
	switch {
	case step.Copy != nil:
		src, err := f.source(ctx, &step.Copy.From, step.Copy)
		return []source{src}, err
	case step.Run != nil:
		var list []source
		for i := range step.Run.Mounts {
			m := &step.Run.Mounts[i]
			if m.From == nil {
				list = append(list, source{})
				continue
			}
			src, err := f.source(ctx, m.From, &build.Copy{Paths: []string{m.Source}, Dest: "/"})
			if err != nil {
				return nil, err
			}
			list = append(list, src)
		}
		return list, nil
	}
	return nil, nil
}

func (f *flight) source(ctx context.Context, from *build.Source, take *build.Copy) (source, error) {
	switch {
	case from.Stage != nil:
		at, err := f.b.at(ctx, *from.Stage)
		if err != nil {
			return source{}, err
		}
		return layersOf(at.layers), nil
	case from.Image != nil:
		if err := f.b.keep(ctx, from.Image); err != nil {
			return source{}, err
		}
		return layersOf(from.Image.Layers), nil
	case from.Scratch:
		return layersOf(nil), nil
	case len(take.Paths) == 0: // here-documents alone
		return source{}, nil
	}
	return f.fromContext(ctx, from.Context, take)
}

func layersOf(keys []string) source {
	return source{id: "layers:" + strings.Join(keys, ","), layers: keys}
}

func (f *flight) fromContext(ctx context.Context, name string, take *build.Copy) (source, error) {
	l := f.b.loads[name]
	if l == nil {
		return source{}, fmt.Errorf("there is no build context %q", name)
	}
	var t *task
	l.once.Do(func() {
		what := "load build context"
		if name != "" {
			what = "load build context " + name
		}
		t = f.b.observer.start(build.Event{Stage: "internal", Text: what})
	})
	entries, digest, err := l.context.Select(ctx, take)
	if t != nil {
		t.say(entries)
		t.end(err)
	}
	if err != nil {
		return source{}, err
	}
	return source{id: "context:" + digest, context: l.context, entries: entries}, nil
}

// unchanged tells whether what a program saw of contexts is still what was
// hashed: else the layer must not be found under the key. For a copy the worker
// compares itself.
func (f *flight) unchanged(ctx context.Context, step *build.Step, before []source) bool {
	if step.Run == nil {
		return true
	}
	for _, src := range before {
		if src.context == nil {
			continue
		}
		after, err := f.sources(ctx, step)
		if err != nil {
			return false
		}
		for i := range before {
			if before[i].id != after[i].id {
				return false
			}
		}
		return true
	}
	return true
}

func (s *source) dir() (*os.File, error) {
	if s.context == nil {
		return nil, nil
	}
	return s.context.Dir()
}

func ids(list []source) (out []string) {
	for _, s := range list {
		out = append(out, s.id)
	}
	return out
}
