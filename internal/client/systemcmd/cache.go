package systemcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/imagecmd"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/image"
)

// CachePruneOptions are the flags of builder prune.
type CachePruneOptions struct {
	All, Force bool
	Filters    []string
	Keep       string
}

// Register defines the flags in fs.
func (o *CachePruneOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.All, "all", "a", false, "remove all that no build uses now, not only what no image has")
	fs.BoolVarP(&o.Force, "force", "f", false, "do not ask")
	fs.StringArrayVar(&o.Filters, "filter", nil, "only what matches: until=TIME (not used since)")
	fs.StringVar(&o.Keep, "max-used-space", "", "keep so many bytes of what was used last, as in 2GB")
	fs.StringVar(&o.Keep, "keep-storage", "", "the older name of --max-used-space")
	fs.StringVar(&o.Keep, "reserved-space", "", "taken as --max-used-space")
	_ = fs.MarkHidden("keep-storage") // fails only for flags that do not exist
	_ = fs.MarkHidden("reserved-space")
}

// PruneCache removes what the build cache holds.
func PruneCache(ctx context.Context, e *client.Env, o *CachePruneOptions) error {
	opts, err := o.parse(time.Now())
	if err != nil {
		return err
	}
	if e.Global.DryRun {
		f, err := imagecmd.Foresee(ctx, e, nil)
		if err != nil {
			return err
		}
		bytes, err := foreseeCache(ctx, e, f, opts)
		imagecmd.Total(e, bytes)
		return err
	}
	what := "all dangling build cache"
	if o.All {
		what = "all build cache"
	}
	if !o.Force && !listing.Confirm(e.Stdin, e.Stdout, what) {
		return nil
	}
	free, err := pruneCache(ctx, e, opts)
	e.Println("Total reclaimed space:", units.HumanSize(float64(free)))
	return err
}

func (o *CachePruneOptions) parse(now time.Time) (opts image.CacheOptions, err error) {
	opts.All = o.All
	if o.Keep != "" {
		if opts.Keep, err = units.RAMInBytes(o.Keep); err != nil {
			return opts, fmt.Errorf("--max-used-space %s: %w", o.Keep, err)
		}
	}
	for _, text := range o.Filters {
		key, value, _, err := listing.SplitFilter(text, []string{"until", "unused-for"})
		if err != nil {
			return opts, err
		}
		if opts.Until, err = before(value, now); err != nil {
			return opts, fmt.Errorf("invalid filter '%s=%s': %w", key, value, err)
		}
	}
	return opts, nil
}

// before takes an age or a time.
func before(s string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(s); err == nil {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return t, nil
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(n, 0), nil
	}
	return time.Time{}, fmt.Errorf("%q is neither an age such as 24h nor a time such as 2006-01-02T15:04:05", s)
}

func pruneCache(ctx context.Context, e *client.Env, o image.CacheOptions) (free int64, err error) {
	s, err := imagecmd.Open(e)
	if err != nil {
		return 0, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	heading := "Deleted build cache objects:\n"
	deleted := func(name string) {
		e.Printf("%s%s\n", heading, name)
		heading = ""
	}
	err = s.Run(ctx, s.Request(image.OpPruneCache, func(r *image.Request) { r.Cache = &o }), null, func(m *image.Message) {
		if m.Event == nil {
			return
		}
		free += m.Event.Bytes
		if m.Event.Cache != "" {
			deleted(m.Event.Cache)
		}
	})
	fetched, ferr := pruneFetched(e, &o, deleted)
	free, err = free+fetched, errors.Join(err, ferr)
	if heading == "" {
		e.Println()
	}
	return free, err
}
