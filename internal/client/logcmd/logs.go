package logcmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/logquery"
	"github.com/mocker-compose/mocker-compose/internal/client/screen"
	"github.com/mocker-compose/mocker-compose/internal/logs"
	"github.com/mocker-compose/mocker-compose/project"
)

// Options are the flags of logs.
type Options struct {
	logquery.Options
	Follow, Timestamps, NoColour, NoPrefix, Raw, JSON bool
	Index                                             int
	Exclude                                           []string
	mute                                              []string // services whose lines are not kept
}

// Register defines the flags in fs.
func (o *Options) Register(fs *pflag.FlagSet) {
	o.Options.Register(fs)
	fs.BoolVarP(&o.Follow, "follow", "f", false, "go on with what comes")
	fs.BoolVarP(&o.Timestamps, "timestamps", "t", false, "show when each line was written")
	fs.BoolVar(&o.NoColour, "no-color", false, "without colour")
	fs.BoolVar(&o.NoPrefix, "no-log-prefix", false, "without the container's name")
	fs.BoolVar(&o.Raw, "raw", false, "the bytes as they were written, nothing added or changed")
	fs.IntVar(&o.Index, "index", 0, "the replica, if the service has several")
	fs.StringArrayVar(&o.Exclude, "exclude", nil, "without the lines of `SERVICE`; repeat for more")
	fs.BoolVar(&o.JSON, "json", false, "one JSON object for each line: time, sequence, position, service, container, stream, level, line")
}

// Logs prints what containers have written. It reads the files itself; the
// supervisor, if one runs, only says which containers there are.
func Logs(ctx context.Context, env *client.Env, t client.Target, o *Options, services []string) error {
	q, err := o.Query(time.Now())
	if err != nil {
		return err
	}
	if o.JSON && o.Raw {
		return errors.New("--json and --raw exclude each other")
	}
	q.Follow = o.Follow
	if o.Index != 0 && len(services) != 1 {
		return errors.New("--index requires one service to be selected")
	}
	all, err := env.Containers(ctx, t.Name, false)
	if err != nil {
		return err
	}
	if err := client.UnknownService(t, all, slices.Concat(services, o.Exclude)); err != nil {
		return err
	}
	services, o.Exclude = client.ByName(all, services), client.ByName(all, o.Exclude)
	f := env.Format(o.Timestamps, o.NoPrefix, o.NoColour)
	f.Raw, f.JSON, f.Highlight = o.Raw, o.JSON, f.Color
	var shown []api.Container
	for _, c := range all {
		if !o.showsContainer(&c, services) {
			continue
		}
		if c.LogDriver == project.LogNone {
			o.mute = append(o.mute, c.Service)
			env.Warn(fmt.Sprintf("Can't retrieve logs for %q: configured logging driver does not support reading", c.Name))
		} else {
			shown = append(shown, c)
			f.Width = max(f.Width, len(screen.Label(t.Name, c.Name)))
		}
	}
	slices.SortFunc(shown, func(a, b api.Container) int { return strings.Compare(a.Name, b.Name) })
	if o.Follow && slices.ContainsFunc(shown, client.Alive) {
		err = follow(ctx, env, t, o, services, shown, q, f)
	} else {
		q.Follow = false
		err = logs.Print(ctx, env.Stdout, env.Stderr, o.sources(t.Name, shown), q, f)
	}
	if errors.Is(err, context.Canceled) {
		return &client.ExitError{Code: client.Interrupted}
	}
	return err
}
