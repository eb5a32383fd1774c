package solve

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/binfmt"
	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
)

// flight is a stage on its way. What follows done is read by others after that
// is closed.
type flight struct {
	b  *solver
	n  int // in the graph
	st *build.Stage

	done    chan struct{}
	layers  []string // keys, base first
	diffIDs []string
	history []config.History
	created time.Time // of what came last
	keys    []string  // of the steps that made the layers; "" for a base image's
	byWords []string  // the same by definition
	// foreseen are steps that were found by definition; spared is a stage that nothing
	// needs then.
	foreseen map[int]made
	spared   bool
	// inherited is how many entries of the history came with the base image.
	inherited int
}

func (f *flight) run(ctx context.Context) error {
	if err := f.base(ctx); err != nil {
		return f.failed(&build.Step{Line: f.st.Line, Last: f.st.Line, Number: 1, Text: f.st.Text}, nil, err)
	}
	for i := range f.st.Steps {
		if err := f.step(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

func (f *flight) base(ctx context.Context) error {
	switch base := f.st.Base; {
	case base.Stage != nil:
		on, err := f.b.at(ctx, *base.Stage)
		if err != nil {
			return err
		}
		f.layers, f.diffIDs = slices.Clone(on.layers), slices.Clone(on.diffIDs)
		f.history, f.created, f.keys = slices.Clone(on.history), on.created, slices.Clone(on.keys)
		f.inherited, f.byWords = on.inherited, slices.Clone(on.byWords)
	case base.Image != nil:
		t := f.b.observer.start(build.Event{Stage: f.st.Name, Number: 1, Steps: f.st.Total, Text: f.st.Text})
		err := f.b.keep(ctx, base.Image)
		t.end(err)
		if err != nil {
			return err
		}
		file := base.Image.File
		f.warnForeign(base.Image)
		f.layers, f.diffIDs = slices.Clone(base.Image.Layers), slices.Clone(file.RootFS.DiffIDs)
		f.history, f.created = slices.Clone(file.History), file.Created
		f.keys, f.byWords, f.inherited = make([]string, len(f.layers)), make([]string, len(f.layers)), len(f.history)
	}
	return nil
}

// warnForeign says before programs of another machine are tried what they need.
func (f *flight) warnForeign(img *build.Image) {
	runs := slices.ContainsFunc(f.st.Steps, func(s build.Step) bool { return s.Run != nil })
	arch := img.File.Architecture
	if why := binfmt.Missing(binfmt.Dir, arch); runs && why != "" {
		f.b.observer.emit(build.Event{Kind: build.Warned, Stage: f.st.Name, Text: fmt.Sprintf(
			"%s is for linux/%s, this machine is linux/%s: its programs run only with an emulator: %s", img.Ref, arch, runtime.GOARCH, why)})
	}
}

// keep makes sure of an image's layers until the build ends.
func (b *solver) keep(ctx context.Context, img *build.Image) error {
	if len(img.Layers) != len(img.File.RootFS.DiffIDs) {
		return fmt.Errorf("image %s: it has %d layers, its configuration names %d", img.Ref, len(img.Layers), len(img.File.RootFS.DiffIDs))
	}
	for _, key := range img.Layers {
		_, ok, err := b.session.Keep(ctx, key)
		if err == nil && !ok {
			err = fmt.Errorf("layer %s is not in the store any more: get the image again", key)
		}
		if err != nil {
			return fmt.Errorf("image %s: %w", img.Ref, err)
		}
	}
	return nil
}

func (f *flight) step(ctx context.Context, n int) error {
	step := &f.st.Steps[n]
	if step.Empty() {
		f.add(n, "", made{created: f.created})
		return nil
	}
	if m, ok := f.foreseen[n]; ok {
		key, err := f.adopt(ctx, step, m)
		if err != nil {
			return f.failed(step, nil, err)
		}
		f.b.observer.emit(f.event(step, build.Cached))
		f.add(n, key, m)
		return nil
	}
	src, err := f.sources(ctx, step)
	if err != nil {
		return f.failed(step, nil, err)
	}
	key := f.b.keyOf(f.st, step, f.layers, ids(src))
	m, hit, err := f.lookup(ctx, step, key)
	if err == nil && !hit {
		m, hit, err = f.sameContent(ctx, step, key, src)
	}
	if err != nil {
		return f.failed(step, nil, err)
	}
	if hit {
		f.b.observer.emit(f.event(step, build.Cached))
	} else if m, err = f.make(ctx, step, key, src); err != nil {
		return err
	}
	f.add(n, key, m)
	if len(f.layers) > image.MaxLayers {
		return f.failed(step, nil, fmt.Errorf("the stage has more than the %d layers that an image may have: join some RUN or COPY", image.MaxLayers))
	}
	return nil
}

// add counts a step as done.
func (f *flight) add(n int, key string, m made) {
	step := &f.st.Steps[n]
	empty := m.layer.Key == ""
	if !empty {
		f.byWords = append(f.byWords, f.b.definitions.of(f.n, n))
		f.layers, f.diffIDs, f.keys = append(f.layers, m.layer.Key), append(f.diffIDs, m.layer.DiffID), append(f.keys, key)
	}
	f.created = m.created
	if step.Unlisted && empty {
		return
	}
	f.history = append(f.history, config.History{
		Created: m.created, CreatedBy: step.CreatedBy, Comment: build.HistoryComment, EmptyLayer: empty,
	})
}

func (f *flight) event(step *build.Step, kind build.EventKind) build.Event {
	return build.Event{Kind: kind, Stage: f.st.Name, Number: step.Number, Steps: f.st.Total, Text: step.Text}
}

// failed is the error of a step. What was only cancelled says no more than that.
func (f *flight) failed(step *build.Step, t *task, err error) error {
	if t != nil {
		t.end(err)
	}
	var known *Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	e := &Error{
		File: f.b.Graph.File, Line: step.Line, Last: step.Last, Text: step.Text, Err: err,
		Stage: strings.TrimSpace(fmt.Sprintf("%s %d/%d", f.st.Name, step.Number, f.st.Total)),
	}
	if t != nil {
		e.Output = t.tail.String()
	}
	if f.b.Excerpt != nil && step.Line > 0 {
		e.Excerpt = f.b.Excerpt(step.Line, step.Last)
	}
	return e
}
