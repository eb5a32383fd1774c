package solve

import (
	"context"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// A key by content needs the layers below and those of the sources. An image with
// an inline cache has the layers of its last stage only; a copy out of another one
// could not be found without building that. So it also carries keys by definition:
// what a step, all below it and all that its sources come from say, down to base
// images and contexts. They are known before anything is made, and serve for this
// only: what a program makes of the same words twice need not be the same.

// definitions are such keys by stage and step.
type definitions [][]string

func (d definitions) of(stage, step int) string {
	if d == nil {
		return ""
	}
	return d[stage][step]
}

// define computes them; nil if something is wrong that the step itself will tell.
func (b *solver) define(ctx context.Context) (all definitions) {
	ends := make([]string, 0, len(b.Graph.Stages)) // of each stage
	for i := range b.Graph.Stages {
		f := &flight{b: b, st: &b.Graph.Stages[i]}
		at := "scratch"
		switch base := f.st.Base; {
		case base.Stage != nil && *base.Stage < i:
			at = ends[*base.Stage]
		case base.Image != nil:
			at = layersOf(base.Image.Layers).id
		}
		keys := make([]string, len(f.st.Steps))
		for n := range f.st.Steps {
			step := &f.st.Steps[n]
			if step.Empty() {
				continue
			}
			ids, ok := f.defined(ctx, step, ends)
			if !ok {
				return nil
			}
			at = b.keyOf(f.st, step, []string{"defined", at}, ids)
			keys[n] = at
		}
		all, ends = append(all, keys), append(ends, at)
	}
	return all
}

// defined are the sources of a step, stages by their definition.
func (f *flight) defined(ctx context.Context, step *build.Step, ends []string) (ids []string, ok bool) {
	for i, from := range froms(step) {
		switch {
		case from == nil:
			ids = append(ids, "")
		case from.Stage != nil:
			if *from.Stage >= len(ends) {
				return nil, false
			}
			ids = append(ids, "stage:"+ends[*from.Stage])
		default:
			src, err := f.source(ctx, from, take(step, i))
			if err != nil {
				return nil, false
			}
			ids = append(ids, src.id)
		}
	}
	return ids, true
}

// froms are where a step takes files from.
func froms(step *build.Step) (list []*build.Source) {
	switch {
	case step.Copy != nil:
		list = append(list, &step.Copy.From)
	case step.Run != nil:
		for i := range step.Run.Mounts {
			list = append(list, step.Run.Mounts[i].From)
		}
	}
	return list
}

// foresee finds the first steps of the target by definition, in what is imported,
// and which stages then need not be built at all.
func (b *solver) foresee(ctx context.Context) error {
	last := len(b.stages) - 1
	if b.definitions == nil || b.NoCache || len(b.NoCacheStages) > 0 || len(b.imported) == 0 {
		return nil
	}
	found := true
	needed := make([]bool, len(b.stages))
	for _, n := range b.chain(last) {
		f := b.stages[n]
		needed[n] = true
		for i := range f.st.Steps {
			step := &f.st.Steps[i]
			if step.Empty() {
				continue
			}
			var m made
			if found {
				var err error
				if m, found, err = b.imported.find(ctx, b.session, b.definitions[n][i]); err != nil {
					return err
				}
			}
			if found {
				f.foreseen[i] = m
				continue
			}
			for _, from := range froms(step) {
				if from != nil && from.Stage != nil {
					b.need(needed, *from.Stage)
				}
			}
		}
	}
	for n, f := range b.stages {
		f.spared = !needed[n]
	}
	return nil
}

// adopt takes a foreseen step into our own cache, if its key can be known: not that
// of one that takes from a stage, which may not be built.
func (f *flight) adopt(ctx context.Context, step *build.Step, m made) (key string, err error) {
	if slices.ContainsFunc(froms(step), func(from *build.Source) bool { return from != nil && from.Stage != nil }) {
		return "", nil
	}
	src, err := f.sources(ctx, step)
	if err != nil {
		return "", err
	}
	key = f.b.keyOf(f.st, step, f.layers, ids(src))
	return key, f.b.store(ctx, key, step, m)
}

// chain are the stages that a stage stands on, the first one first, and itself.
func (b *solver) chain(n int) (list []int) {
	for {
		list = append(list, n)
		base := b.stages[n].st.Base.Stage
		if base == nil {
			slices.Reverse(list)
			return list
		}
		n = *base
	}
}

// need marks a stage and all that it uses.
func (b *solver) need(needed []bool, n int) {
	if needed[n] {
		return
	}
	needed[n] = true
	st := b.stages[n].st
	if st.Base.Stage != nil {
		b.need(needed, *st.Base.Stage)
	}
	for i := range st.Steps {
		for _, from := range froms(&st.Steps[i]) {
			if from != nil && from.Stage != nil {
				b.need(needed, *from.Stage)
			}
		}
	}
}
