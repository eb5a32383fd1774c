package client

import (
	"context"
	"errors"
	"slices"
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
	JSON, Invert                                bool
	Grep, Exclude                               []string
	Level                                       string
}

// Register defines the flags in fs.
func (o *LogsOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Follow, "follow", "f", false, "go on with what comes")
	fs.StringVarP(&o.Tail, "tail", "n", "all", "only the last `N` lines of each container")
	fs.StringVar(&o.Since, "since", "", "only lines after `TIME`: 2026-01-02T13:23:37Z, 42m for 42 minutes ago, or last-restart: since each container's last start")
	fs.StringVar(&o.Until, "until", "", "only lines before `TIME`")
	fs.BoolVarP(&o.Timestamps, "timestamps", "t", false, "show when each line was written")
	fs.BoolVar(&o.NoColour, "no-color", false, "without colour")
	fs.BoolVar(&o.NoPrefix, "no-log-prefix", false, "without the container's name")
	fs.BoolVar(&o.Raw, "raw", false, "the bytes as they were written, nothing added or changed")
	fs.IntVar(&o.Index, "index", 0, "the replica, if the service has several")
	fs.StringArrayVar(&o.Grep, "grep", nil, "only lines that `REGEXP` matches; repeat for lines that match one of several")
	fs.BoolVar(&o.Invert, "invert", false, "with --grep: only lines that none of them matches")
	fs.StringArrayVar(&o.Exclude, "exclude", nil, "without the lines of `SERVICE`; repeat for more")
	fs.StringVar(&o.Level, "level", "", "only lines of `LEVEL` and more severe: trace, debug, info, notice, warn, error or fatal; or a span: info..warn")
	fs.BoolVar(&o.JSON, "json", false, "one JSON object for each line: time, sequence, service, container, stream, level, line")
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
	if err := unknownService(t, all, slices.Concat(services, o.Exclude)); err != nil {
		return err
	}
	services, o.Exclude = byName(all, services), byName(all, o.Exclude)
	f := e.format(o.Timestamps, o.NoPrefix, o.NoColour)
	f.Raw, f.JSON, f.Highlight = o.Raw, o.JSON, f.Color
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
		err = logs.Print(ctx, e.Stdout, e.Stderr, o.sources(t.Name, shown), q, f)
	}
	if errors.Is(err, context.Canceled) {
		return &ExitError{Code: Interrupted}
	}
	return err
}
