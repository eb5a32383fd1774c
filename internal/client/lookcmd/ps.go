package lookcmd

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/show"
)

// PSOptions are the flags of ps.
type PSOptions struct {
	All, Quiet, Services, NoTrunc, Orphans bool
	Format                                 string
	Status                                 []string
	Filter                                 string
}

// Register defines the flags in fs.
func (o *PSOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.All, "all", "a", false, "show stopped containers too")
	fs.BoolVarP(&o.Quiet, "quiet", "q", false, "print ids only")
	fs.BoolVar(&o.Services, "services", false, "print service names only")
	fs.BoolVar(&o.NoTrunc, "no-trunc", false, "cut nothing")
	fs.BoolVar(&o.Orphans, "orphans", true, "include containers whose service left the file")
	fs.StringVar(&o.Format, "format", "table", "table, json, or a Go template such as '{{.Name}}'")
	fs.StringArrayVar(&o.Status, "status", nil, "only containers in `STATE`: created, running, restarting, exited, dead")
	fs.StringVar(&o.Filter, "filter", "", "only containers that match, as in status=running")
}

// Templates renders containers by a Go template; it is set where templates are
// linked in, and left nil where they would cost too much to initialise.
var Templates func(format string, rows []show.ContainerJSON) (string, error)

// PS prints the containers of a project.
func PS(ctx context.Context, e *client.Env, t client.Target, o *PSOptions, services []string) error {
	states, err := o.states()
	if err != nil {
		return err
	}
	shown, err := e.OfServices(ctx, t, services, o.Format != "table" || o.Filter != "", func(c *api.Container) bool {
		return o.shows(c, t, states)
	})
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := o.print(&out, shown, time.Now()); err != nil {
		return err
	}
	_, err = e.Stdout.Write(out.Bytes())
	return err
}

// states are the states asked for; none means: whatever lives, or all with -a.
func (o *PSOptions) states() ([]string, error) {
	states := slices.Clone(o.Status)
	if o.Filter != "" {
		key, value, ok := strings.Cut(o.Filter, "=")
		if !ok {
			return nil, fmt.Errorf("arguments to --filter should be in the form KEY=VAL, not %q", o.Filter)
		}
		if key != "status" {
			return nil, fmt.Errorf("unknown filter %s: the only one is status", key)
		}
		states = append(states, value)
	}
	for _, s := range states {
		switch s {
		case "created", "running", "restarting", "exited", "dead", "paused", "removing":
		default:
			return nil, fmt.Errorf("unknown status %q: use created, running, restarting, exited or dead", s)
		}
	}
	return states, nil
}

func (o *PSOptions) shows(c *api.Container, t client.Target, states []string) bool {
	if !o.Orphans && t.Project != nil && !t.Defines(c.Service) {
		return false
	}
	if c.Step || c.OneOff && !o.All {
		return false // as docker compose has it
	}
	if len(states) > 0 {
		return slices.Contains(states, c.State)
	}
	return o.All || c.State == "running" || c.State == "restarting" || c.State == "paused"
}

func (o *PSOptions) print(out *bytes.Buffer, cs []api.Container, now time.Time) error {
	switch {
	case o.Quiet:
		for i := range cs {
			fmt.Fprintln(out, cs[i].ID)
		}
	case o.Services:
		var names []string
		for i := range cs {
			names = append(names, cs[i].Service)
		}
		slices.Sort(names)
		for _, n := range slices.Compact(names) {
			fmt.Fprintln(out, n)
		}
	case o.Format == "" || o.Format == "table":
		return show.Containers(out, cs, now, o.NoTrunc)
	case o.Format == "json":
		return show.ContainersJSON(out, cs, now, o.NoTrunc)
	case Templates != nil:
		return o.template(out, cs, now)
	default:
		return fmt.Errorf("format value %q could not be parsed: use table or json", o.Format)
	}
	return nil
}

func (o *PSOptions) template(out *bytes.Buffer, cs []api.Container, now time.Time) error {
	rows := make([]show.ContainerJSON, len(cs))
	for i := range cs {
		rows[i] = show.Describe(&cs[i], now, o.NoTrunc)
	}
	text, err := Templates(o.Format, rows)
	out.WriteString(text)
	return err
}

// Plain reports that the output needs no template.
func (o *PSOptions) Plain() bool {
	return o.Quiet || o.Services || o.Format == "" || o.Format == "table" || o.Format == "json"
}
