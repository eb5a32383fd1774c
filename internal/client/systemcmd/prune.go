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

// pruneContainers removes the containers of projects of which nothing runs: what
// has ended in a project that runs is part of how it runs.
func pruneContainers(ctx context.Context, e *client.Env, f *pruneFilter) (free int64, err error) {
	all, err := containers(ctx, e)
	if err != nil {
		return 0, err
	}
	live := map[string]bool{}
	for i := range all {
		live[all[i].Project] = live[all[i].Project] || all[i].runs()
	}
	gone := map[string][]string{} // names, by project
	var projects, paths []string
	for i := range all {
		c := &all[i]
		if live[c.Project] || !f.until.IsZero() && !c.Created.Before(f.until) || !f.labels.Match(c.Labels) {
			continue
		}
		if gone[c.Project] == nil {
			projects = append(projects, c.Project)
		}
		gone[c.Project] = append(gone[c.Project], c.Name)
		paths = append(paths, filepath.Join(e.Dirs.ContainerData(c.Project, c.Name), "upper"))
	}
	if len(projects) == 0 {
		return 0, nil
	}
	s, err := imagecmd.Open(e)
	if err != nil {
		return 0, err
	}
	sizes, err := Sizes(ctx, s, paths)
	if err != nil {
		return 0, err
	}
	heading := "Deleted Containers:\n"
	var errs []error
	for _, project := range projects {
		names := gone[project]
		ofProject := sizes[:len(names)]
		sizes = sizes[len(names):]
		removed, err := e.Discard(ctx, project, names)
		if err != nil {
			errs = append(errs, fmt.Errorf("project %s: %w", project, err))
		}
		for i, name := range names {
			if !slices.Contains(removed, name) {
				continue
			}
			e.Printf("%s%s\n", heading, name)
			heading = ""
			free += ofProject[i]
		}
	}
	if heading == "" {
		e.Println()
	}
	return free, errors.Join(errs...)
}
