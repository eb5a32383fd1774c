package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/logs"
)

// LogsOptions are the flags of logs.
type LogsOptions struct {
	Follow, Timestamps, NoColour, NoPrefix, Raw bool
	Tail, Since, Until                          string
	Index                                       int
}

// Register defines the flags in fs.
func (o *LogsOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Follow, "follow", "f", false, "go on with what comes")
	fs.StringVarP(&o.Tail, "tail", "n", "all", "only the last `N` lines of each container")
	fs.StringVar(&o.Since, "since", "", "only lines after `TIME`: 2026-01-02T13:23:37Z, or 42m for 42 minutes ago")
	fs.StringVar(&o.Until, "until", "", "only lines before `TIME`")
	fs.BoolVarP(&o.Timestamps, "timestamps", "t", false, "show when each line was written")
	fs.BoolVar(&o.NoColour, "no-color", false, "without colour")
	fs.BoolVar(&o.NoPrefix, "no-log-prefix", false, "without the container's name")
	fs.BoolVar(&o.Raw, "raw", false, "the bytes as they were written, nothing added or changed")
	fs.IntVar(&o.Index, "index", 0, "the replica, if the service has several")
}

// Logs prints what containers have written. It reads the files itself; the
// supervisor, if one runs, only says which containers there are.
func (e *Env) Logs(ctx context.Context, t Target, o *LogsOptions, services []string) error {
	q, err := o.query(time.Now())
	if err != nil {
		return err
	}
	if o.Index != 0 && len(services) != 1 {
		return errors.New("--index requires one service to be selected")
	}
	all, err := e.Containers(ctx, t.Name, false)
	if err != nil {
		return err
	}
	if err := unknownService(t, all, services); err != nil {
		return err
	}
	services = byName(all, services)
	f := e.format(o.Timestamps, o.NoPrefix, o.NoColour)
	f.Raw = o.Raw
	var shown []api.Container
	for _, c := range all {
		if o.showsContainer(&c, services) {
			shown = append(shown, c)
			f.Width = max(f.Width, len(label(t.Name, c.Name)))
		}
	}
	slices.SortFunc(shown, func(a, b api.Container) int { return strings.Compare(a.Name, b.Name) })
	if o.Follow && slices.ContainsFunc(shown, alive) {
		err = e.followLogs(ctx, t, o, services, shown, q, f)
	} else {
		q.Follow = false
		err = logs.Print(ctx, e.Stdout, e.Stderr, sources(t.Name, shown), q, f)
	}
	if errors.Is(err, context.Canceled) {
		return &ExitError{Code: Interrupted}
	}
	return err
}

func (o *LogsOptions) query(now time.Time) (q logs.Query, err error) {
	q = logs.Query{Follow: o.Follow, Tail: -1}
	if o.Tail != "all" && o.Tail != "" {
		// As in docker, a negative number means all.
		if q.Tail, err = strconv.Atoi(o.Tail); err != nil {
			return q, fmt.Errorf("invalid --tail %q: use a number of lines, or all", o.Tail)
		}
		q.Tail = max(q.Tail, -1)
	}
	if o.Since != "" {
		if q.Since, err = logs.ParseTime(o.Since, now); err != nil {
			return q, fmt.Errorf("--since: %w", err)
		}
	}
	if o.Until != "" {
		if q.Until, err = logs.ParseTime(o.Until, now); err != nil {
			return q, fmt.Errorf("--until: %w", err)
		}
	}
	return q, nil
}

func (o *LogsOptions) shows(service string, number int, services []string) bool {
	return (len(services) == 0 || slices.Contains(services, service)) && (o.Index == 0 || o.Index == number)
}

// showsContainer leaves out what run made, unless it is named.
func (o *LogsOptions) showsContainer(c *api.Container, services []string) bool {
	return called(c, services) || !c.OneOff && o.shows(c.Service, c.Number, services)
}

func alive(c api.Container) bool {
	return c.State == "running" || c.State == "restarting" || c.State == "paused"
}

func sources(project string, cs []api.Container) (out []logs.Source) {
	for _, c := range cs {
		out = append(out, source(project, c.Name, c.Service, c.LogDir))
	}
	return out
}

func source(project, container, service, dir string) logs.Source {
	return logs.Source{Container: label(project, container), Service: service, Dir: dir}
}
