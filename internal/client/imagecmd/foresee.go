package imagecmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/docker/go-units"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/progress"
)

// Foresight tells, for --dry-run, what removals from the store would come to. A store
// that is not there is not made: nothing would be removed.
type Foresight struct {
	env    *client.Env
	store  *image.Store
	sees   *image.Foresight // nil: there is no store
	images map[string]bool  // ids
}

// Foresee begins to look; the containers that without accepts count as gone.
func Foresee(ctx context.Context, e *client.Env, without func(image.Holder) bool) (f *Foresight, err error) {
	f = &Foresight{env: e, images: map[string]bool{}}
	if !image.Exists(e.Dirs.Images()) {
		return f, nil
	}
	if f.store, err = Open(e); err != nil {
		return nil, err
	}
	list, err := f.store.List()
	if err != nil {
		return nil, err
	}
	for i := range list {
		f.images[list[i].ID] = true
	}
	f.sees, err = f.store.Foresee(ctx, without)
	return f, err
}

// Sweep tells what [Sweep] would remove, and returns how many bytes that are.
func (f *Foresight) Sweep(ctx context.Context, all bool, filters []string) (bytes int64, err error) {
	if f.sees == nil {
		return 0, nil
	}
	match, err := newFilter(f.store, filters, "until", "label")
	if err != nil {
		return 0, err
	}
	list, err := f.sees.Unused(ctx, all)
	if err != nil {
		return 0, err
	}
	events, err := f.sees.Prune(ctx, match.ids(list))
	return f.Tell(events), err
}

// PruneCache is [image.Foresight.PruneCache], told.
func (f *Foresight) PruneCache(ctx context.Context, o image.CacheOptions, mounts map[string]int64) (bytes int64, err error) {
	if f.sees == nil {
		return 0, nil
	}
	events, err := f.sees.PruneCache(ctx, o, mounts)
	return f.Tell(events), err
}

// Store is nil if there is none.
func (f *Foresight) Store() *image.Store { return f.store }

// Tell prints a line for each event, and sums up the bytes.
func (f *Foresight) Tell(events []image.Event) (bytes int64) {
	for _, v := range events {
		size := units.HumanSize(float64(v.Bytes))
		switch {
		case v.Untagged != "":
			f.env.RehearseWith("Image", v.Untagged, "", "Untagged", "")
		case v.Kept != "":
			f.env.RehearseWith("Image", v.Kept, "", "Kept", "")
		case v.Cache != "" && v.Bytes == 0:
			f.env.RehearseWith("Cache", v.Cache, "", "Deleted", "")
		case v.Cache != "":
			f.env.RehearseWith("Cache", v.Cache, "", "Deleted", size)
		case f.images[v.Deleted]:
			f.env.RehearseWith("Image", v.Deleted, "", "Deleted", "")
		default:
			f.env.RehearseWith("Layer", v.Deleted, "", "Deleted", size)
		}
		bytes += v.Bytes
	}
	return bytes
}

// Total is the last line of a dry run of a prune.
func Total(e *client.Env, bytes int64) {
	e.Println("Total reclaimable space:", units.HumanSize(float64(bytes)))
}

func foreseePrune(ctx context.Context, e *client.Env, o *PruneOptions) error {
	f, err := Foresee(ctx, e, nil)
	if err != nil {
		return err
	}
	bytes, err := f.Sweep(ctx, o.All, o.Filters)
	if err == nil {
		Total(e, bytes)
	}
	return err
}

// foreseeRemove fails as the removal would, behind what it would do.
func foreseeRemove(ctx context.Context, e *client.Env, o *RemoveOptions, refs []string) error {
	f, err := Foresee(ctx, e, nil)
	if err != nil {
		return err
	}
	var errs []error
	failed := func(err error) {
		var missing *image.NotFoundError
		switch {
		case errors.As(err, &missing) && o.Force:
			fmt.Fprintln(e.Stderr, progress.Line(missing.Brief()))
		default:
			errs = append(errs, brief(err))
		}
	}
	if f.sees == nil {
		for _, ref := range refs {
			failed(&image.NotFoundError{Ref: ref})
		}
		return errors.Join(errs...)
	}
	events, err := f.sees.Remove(ctx, refs, o.Force, failed)
	f.Tell(events)
	return errors.Join(append(errs, err)...)
}
