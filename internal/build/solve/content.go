package solve

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// A stage that was built again often holds the same files at the end. A step that
// takes files from it is found then although the layers are others: under a key
// without them there is a record of the layers that the step took from last time,
// and the worker compares what it would take from those with what it would now.
// So nothing has to be hashed while there is nothing to compare with.

// anyLayers is the step's key with the layers of its sources left open; "" if it
// has none.
func (f *flight) anyLayers(step *build.Step, src []source) string {
	open := ids(src)
	found := false
	for i := range src {
		if len(src[i].layers) > 0 {
			open[i], found = "any layers", true
		}
	}
	if !found {
		return ""
	}
	return f.b.keyOf(f.st, step, f.layers, open)
}

// took is what such a record notes: the layers of each source.
type took [][]string

func layersOfAll(src []source) (t took) {
	for i := range src {
		t = append(t, src[i].layers)
	}
	return t
}

// sameContent finds what the step left when its sources had other layers with the
// same content, and keeps it under the key of those of now.
func (f *flight) sameContent(ctx context.Context, step *build.Step, key string, src []source) (m made, ok bool, err error) {
	open := f.anyLayers(step, src)
	if open == "" || f.anew() {
		return m, false, nil
	}
	r, ok, err := f.b.session.CacheGet(ctx, open)
	if !ok || err != nil {
		return m, false, err
	}
	var before took
	if json.Unmarshal([]byte(r.Note), &before) != nil || len(before) != len(src) {
		return m, false, nil
	}
	worker, err := f.b.worker()
	if err != nil {
		return m, false, err
	}
	digester, ok := worker.(build.Digester)
	if !ok {
		return m, false, nil
	}
	for i := range src {
		same, err := f.sameFiles(ctx, digester, take(step, i), before[i], src[i].layers)
		if !same || err != nil {
			return m, false, err
		}
	}
	m = fromRecord(r)
	return m, true, f.b.store(ctx, key, step, m)
}

func (f *flight) sameFiles(ctx context.Context, d build.Digester, c *build.Copy, before, now []string) (bool, error) {
	if slices.Equal(before, now) {
		return true, nil
	}
	if len(before) == 0 || len(now) == 0 {
		return false, nil
	}
	for _, key := range before {
		if _, ok, err := f.b.session.Keep(ctx, key); !ok || err != nil {
			return false, err
		}
	}
	was, err := d.Digest(ctx, &build.CopyJob{From: before, Copy: c})
	if err != nil {
		return false, ctx.Err() // what was there is not any more: it is made anew
	}
	is, err := d.Digest(ctx, &build.CopyJob{From: now, Copy: c})
	if err != nil {
		return false, ctx.Err() // the step itself says why
	}
	return was == is, nil
}

// take is what the step takes from its source number i.
func take(step *build.Step, i int) *build.Copy {
	if step.Copy != nil {
		return step.Copy
	}
	return &build.Copy{Paths: []string{step.Run.Mounts[i].Source}, Dest: "/"}
}

// remember notes the layers that a step took from.
func (f *flight) remember(ctx context.Context, step *build.Step, src []source, m made) error {
	open := f.anyLayers(step, src)
	if open == "" {
		return nil
	}
	note, err := json.Marshal(layersOfAll(src))
	if err != nil {
		return err
	}
	r := record(step, m)
	r.Note = string(note)
	return f.b.put(ctx, open, r)
}
