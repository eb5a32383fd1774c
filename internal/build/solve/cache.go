package solve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/image"
)

// lookup finds what a step left earlier.
func (f *flight) lookup(ctx context.Context, step *build.Step, key string) (m made, ok bool, err error) {
	b := f.b
	if f.anew() {
		return m, false, nil
	}
	r, ok, err := b.session.CacheGet(ctx, key)
	if err != nil {
		return m, false, err
	}
	if !ok {
		return f.lookupImported(ctx, step, key)
	}
	return fromRecord(r), true, nil
}

// keepMade stores what a step has made, unless what it took from a context has
// changed since that was hashed.
func (f *flight) keepMade(ctx context.Context, step *build.Step, key string, src []source, m made) error {
	if len(m.layer.Changed) > 0 || !f.unchanged(ctx, step, src) {
		f.b.observer.emit(build.Event{Kind: build.Warned, Stage: f.st.Name, Text: fmt.Sprintf(
			"%s: %s changed while it ran: it is not cached", step.Text, whatChanged(m.layer.Changed))})
		return nil
	}
	if f.b.Store.Layers().OneID() != f.b.singleID {
		return nil // it was not known when the key was made: the worker has found out
	}
	if err := f.b.store(ctx, key, step, m); err != nil {
		return err
	}
	return f.remember(ctx, step, src, m)
}

// whatChanged names some files, those that are known.
func whatChanged(files []string) string {
	const some = 3
	switch n := len(files); {
	case n == 0:
		return "files of the build context"
	case n > some:
		return fmt.Sprintf("%s and %d more files of the build context", strings.Join(files[:some], ", "), n-some)
	}
	return strings.Join(files, ", ")
}

func fromRecord(r image.CacheRecord) made {
	m := made{created: r.Created}
	if !r.Empty && len(r.Layers) > 0 {
		m.layer = build.Layer{Key: r.Layers[len(r.Layers)-1], DiffID: r.DiffID, Size: r.Size}
	}
	return m
}

func record(step *build.Step, m made) image.CacheRecord {
	r := image.CacheRecord{Empty: m.layer.Key == "", Created: m.created, Text: step.Text}
	if !r.Empty {
		r.Layers, r.DiffID, r.Size = []string{m.layer.Key}, m.layer.DiffID, m.layer.Size
	}
	return r
}

// anew says that nothing may be taken from the cache.
func (f *flight) anew() bool {
	return f.b.NoCache || slices.ContainsFunc(f.b.NoCacheStages, func(name string) bool { return strings.EqualFold(name, f.st.Name) })
}

// lookupImported finds what an image of cache_from has, and takes it over into
// our own cache.
func (f *flight) lookupImported(ctx context.Context, step *build.Step, key string) (made, bool, error) {
	keys := []string{key}
	if step.Run != nil && len(step.Run.Mounts) == 0 && f.b.Epoch == nil {
		keys = append(keys, historyKey(f.layers, f.history, step.CreatedBy))
	}
	m, ok, err := f.b.imported.find(ctx, f.b.session, keys...)
	if ok && err == nil {
		err = f.b.store(ctx, key, step, m)
	}
	return m, ok, err
}

// store keeps what a step has made.
func (b *solver) store(ctx context.Context, key string, step *build.Step, m made) error {
	return b.put(ctx, key, record(step, m))
}

// put keeps a record. A full disk costs the next build the step, and not this build.
func (b *solver) put(ctx context.Context, key string, r image.CacheRecord) error {
	err := b.session.CachePut(ctx, key, r)
	if !errors.Is(err, unix.ENOSPC) && !errors.Is(err, unix.EDQUOT) {
		return err
	}
	b.uncached.Do(func() {
		b.observer.emit(build.Event{Kind: build.Warned, Text: fmt.Sprintf("the disk is full: the next build makes steps of this one again: %v", err)})
	})
	return nil
}

// lockKey waits until nobody else makes the step.
func (b *solver) lockKey(ctx context.Context, key string) (io.Closer, error) {
	return b.Store.CacheLock(ctx, key)
}

func (b *solver) miss() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.missed = true
}
