package systemcmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/imagecmd"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/client/measure"
	"github.com/mocker-compose/mocker-compose/internal/client/networkcmd"
	"github.com/mocker-compose/mocker-compose/internal/client/volumecmd"
	"github.com/mocker-compose/mocker-compose/internal/image"
)

// PruneOptions are the flags of system prune.
type PruneOptions struct {
	All, Volumes, Force bool
	Filters             []string
}

// Register defines the flags in fs.
func (o *PruneOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.All, "all", "a", false, "remove all images that no container uses, not only those without a name")
	fs.BoolVar(&o.Volumes, "volumes", false, "remove anonymous volumes too")
	fs.BoolVarP(&o.Force, "force", "f", false, "do not ask")
	fs.StringArrayVar(&o.Filters, "filter", nil, "only what matches: until=TIME, label=KEY[=VALUE], label!=KEY")
}

// pruneFilter is what a container must match.
type pruneFilter struct {
	until  time.Time
	labels listing.LabelFilter
	raw    []string // all of them
	label  []string // those of labels
	when   []string // those of times
}

func (o *PruneOptions) filter(now time.Time) (f pruneFilter, err error) {
	f.raw = o.Filters
	for _, text := range o.Filters {
		key, value, negated, err := listing.SplitFilter(text, []string{"until", "label"})
		if err != nil {
			return f, err
		}
		if key == "label" {
			f.labels.Add(value, negated)
			f.label = append(f.label, text)
			continue
		}
		if f.until, err = before(value, now); err != nil {
			return f, fmt.Errorf("invalid filter '%s': %w", text, err)
		}
		f.when = append(f.when, text)
	}
	if o.Volumes && len(f.when) > 0 {
		return f, errors.New(`the "until" filter is not supported with "--volumes"`)
	}
	return f, nil
}

// warning is docker's text, with what is different here.
func (o *PruneOptions) warning() string {
	lines := []string{"all stopped containers of projects of which nothing runs", "all networks not used by at least one container"}
	if o.Volumes {
		lines = append(lines, "all anonymous volumes not used by at least one container")
	}
	if o.All {
		lines = append(lines, "all images without at least one container associated to them", "all build cache")
	} else {
		lines = append(lines, "all dangling images", "unused build cache")
	}
	text := "WARNING! This will remove:\n  - " + strings.Join(lines, "\n  - ") + "\n"
	if len(o.Filters) > 0 {
		text += "\n  Items to be pruned will be filtered with:\n  - " + strings.Join(o.Filters, "\n  - ") + "\n"
	}
	return text + "\n"
}

// Prune removes what nothing uses. It goes on behind what fails.
func Prune(ctx context.Context, e *client.Env, o *PruneOptions) error {
	f, err := o.filter(time.Now())
	if err != nil {
		return err
	}
	if e.Global.DryRun {
		return o.foresee(ctx, e, &f)
	}
	if !o.Force && !listing.Ask(e.Stdin, e.Stdout, o.warning()) {
		return nil
	}
	free, err := pruneContainers(ctx, e, &f)
	errs := []error{err}
	add := func(n int64, err error) { free += n; errs = append(errs, err) }
	add(0, networkcmd.Prune(ctx, e, &networkcmd.PruneOptions{Force: true, Filters: f.raw}))
	if o.Volumes {
		add(volumecmd.Sweep(ctx, e, f.label))
	}
	add(imagecmd.Sweep(ctx, e, o.All, f.raw))
	if len(f.label) == 0 { // records of the cache have none
		add(pruneCache(ctx, e, image.CacheOptions{All: o.All, Until: f.until}))
	}
	e.Println("Total reclaimed space:", units.HumanSize(float64(free)))
	return errors.Join(errs...)
}

// doomed are containers that a prune would remove, project by project.
type doomed struct {
	projects []string
	names    map[string][]string // by project
	bytes    map[string]int64    // by name
}

// doomedContainers are those of projects of which nothing runs: what has ended in a
// project that runs is part of how it runs.
func doomedContainers(ctx context.Context, e *client.Env, f *pruneFilter) (*doomed, error) {
	all, err := containers(ctx, e)
	if err != nil {
		return nil, err
	}
	live := map[string]bool{}
	for i := range all {
		live[all[i].Project] = live[all[i].Project] || all[i].runs()
	}
	d := &doomed{names: map[string][]string{}, bytes: map[string]int64{}}
	var names, paths []string
	for i := range all {
		c := &all[i]
		if live[c.Project] || !f.until.IsZero() && !c.Created.Before(f.until) || !f.labels.Match(c.Labels) {
			continue
		}
		if d.names[c.Project] == nil {
			d.projects = append(d.projects, c.Project)
		}
		d.names[c.Project] = append(d.names[c.Project], c.Name)
		names, paths = append(names, c.Name), append(paths, filepath.Join(e.Dirs.ContainerData(c.Project, c.Name), "upper"))
	}
	if len(names) == 0 {
		return d, nil
	}
	s, err := imagecmd.Open(e)
	if err != nil {
		return nil, err
	}
	sizes, err := measure.Sizes(ctx, s, paths)
	for i := range sizes {
		d.bytes[names[i]] = sizes[i]
	}
	return d, err
}

func pruneContainers(ctx context.Context, e *client.Env, f *pruneFilter) (free int64, err error) {
	d, err := doomedContainers(ctx, e, f)
	if err != nil {
		return 0, err
	}
	heading := "Deleted Containers:\n"
	var errs []error
	for _, project := range d.projects {
		removed, err := e.Discard(ctx, project, d.names[project])
		if err != nil {
			errs = append(errs, fmt.Errorf("project %s: %w", project, err))
		}
		for _, name := range d.names[project] {
			if !slices.Contains(removed, name) {
				continue
			}
			e.Printf("%s%s\n", heading, name)
			heading = ""
			free += d.bytes[name]
		}
	}
	if heading == "" {
		e.Println()
	}
	return free, errors.Join(errs...)
}
