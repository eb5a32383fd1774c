package imagecmd

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/progress"
)

// RemoveOptions are the flags of image rm.
type RemoveOptions struct{ Force, NoPrune bool }

// Register defines the flags in fs.
func (o *RemoveOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Force, "force", "f", false, "remove all names of an id; those of an image in use too; no error for what is not there")
	fs.BoolVar(&o.NoPrune, "no-prune", false, "accepted for docker's sake: there are no untagged parents")
}

// Remove takes names and images away.
func Remove(ctx context.Context, e *client.Env, o *RemoveOptions, refs []string) error {
	if e.Global.DryRun {
		return foreseeRemove(ctx, e, o, refs)
	}
	s, err := Open(e)
	if err != nil {
		return err
	}
	return change(ctx, s, s.Request(image.OpRemove, func(r *image.Request) {
		r.Clean = &image.CleanOptions{Refs: refs, Force: o.Force}
	}), func(m *image.Message) {
		switch {
		case m.Notice != "":
			fmt.Fprintln(e.Stderr, progress.Line(m.Notice))
		case m.Event == nil:
		case m.Event.Untagged != "":
			e.Println("Untagged:", m.Event.Untagged)
		case m.Event.Deleted != "":
			e.Println("Deleted:", m.Event.Deleted)
		case m.Event.Kept != "":
			fmt.Fprintln(e.Stderr, m.Event.Kept)
		}
	})
}

// change is a request without an archive.
func change(ctx context.Context, s *image.Store, req image.Request, handle func(*image.Message)) error {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	return s.Run(ctx, req, null, handle)
}

// PruneOptions are the flags of image prune.
type PruneOptions struct {
	All, Force bool
	Filters    []string
}

// Register defines the flags in fs.
func (o *PruneOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.All, "all", "a", false, "remove all images that no container uses, not only those without a name")
	fs.BoolVarP(&o.Force, "force", "f", false, "do not ask")
	fs.StringArrayVar(&o.Filters, "filter", nil, "only images that match: until=TIME, label=KEY[=VALUE], label!=KEY")
}

// Prune removes images that no container uses, and what killed commands left.
func Prune(ctx context.Context, e *client.Env, o *PruneOptions) error {
	if e.Global.DryRun {
		return foreseePrune(ctx, e, o)
	}
	s, err := Open(e)
	if err != nil {
		return err
	}
	f, err := newFilter(s, o.Filters, "until", "label")
	if err != nil {
		return err
	}
	if !o.Force && !confirm(e, o.All) {
		return nil
	}
	reclaimed, err := prune(ctx, e, s, o.All, f)
	if err != nil {
		return err
	}
	e.Println("Total reclaimed space:", units.HumanSize(float64(reclaimed)))
	return nil
}

// Sweep is Prune without a question and a total: it returns the bytes that are
// free now. filters are until and label.
func Sweep(ctx context.Context, e *client.Env, all bool, filters []string) (reclaimed int64, err error) {
	s, err := Open(e)
	if err != nil {
		return 0, err
	}
	f, err := newFilter(s, filters, "until", "label")
	if err != nil {
		return 0, err
	}
	return prune(ctx, e, s, all, f)
}

func prune(ctx context.Context, e *client.Env, s *image.Store, all bool, f *filter) (reclaimed int64, err error) {
	list, err := s.Unused(ctx, all)
	if err != nil {
		return 0, err
	}
	clean := &image.CleanOptions{IDs: f.ids(list)}
	heading := "Deleted Images:\n"
	err = change(ctx, s, s.Request(image.OpPrune, func(r *image.Request) { r.Clean = clean }), func(m *image.Message) {
		if m.Event == nil {
			return
		}
		reclaimed += m.Event.Bytes
		e.Print(heading)
		heading = ""
		if m.Event.Untagged != "" {
			e.Println("untagged:", m.Event.Untagged)
		} else {
			e.Println("deleted:", m.Event.Deleted)
		}
	})
	if heading == "" {
		e.Println()
	}
	return reclaimed, err
}

// ids are those of the images that match.
func (f *filter) ids(list []image.Image) (ids []string) {
	now := time.Now()
	for i := range list {
		if f.match(&list[i], now) {
			ids = append(ids, list[i].ID)
		}
	}
	return ids
}

// DropUnnamed removes an image that has no name any more and that no container uses.
// What is not there, or has a name, is left.
func DropUnnamed(ctx context.Context, s *image.Store, id string) error {
	img, err := s.Find(id)
	if err != nil || len(img.Names) > 0 {
		return nil
	}
	return change(ctx, s, s.Request(image.OpPrune, func(r *image.Request) {
		r.Clean = &image.CleanOptions{IDs: []string{id}}
	}), func(*image.Message) {})
}

func confirm(e *client.Env, all bool) bool {
	what := "all dangling images"
	if all {
		what = "all images without at least one container associated to them"
	}
	return listing.Confirm(e.Stdin, e.Stdout, what)
}
