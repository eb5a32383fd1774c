package lookcmd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/show"
)

// LSOptions are the flags of ls.
type LSOptions struct {
	All, Quiet bool
	Format     string
	Filter     string
}

// Register defines the flags in fs.
func (o *LSOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.All, "all", "a", false, "show projects of which nothing runs too")
	fs.BoolVarP(&o.Quiet, "quiet", "q", false, "print names only")
	fs.StringVar(&o.Format, "format", "table", "table or json")
	fs.StringVar(&o.Filter, "filter", "", "only projects that match, as in name=demo")
}

// LS prints the user's projects.
func LS(ctx context.Context, e *client.Env, o *LSOptions) error {
	part, err := o.namePart()
	if err != nil {
		return err
	}
	names, err := e.Projects()
	if err != nil {
		return err
	}
	var rows []show.Project
	for _, name := range names {
		if !strings.Contains(name, part) {
			continue
		}
		row, live, err := describe(ctx, e, name)
		if err != nil {
			e.Warn(fmt.Sprintf("project %s: %v", name, err))
			continue
		}
		if live || o.All && row.Status != "" {
			rows = append(rows, row)
		}
	}
	return o.print(e.Stdout, rows)
}

func (o *LSOptions) namePart() (string, error) {
	if o.Filter == "" {
		return "", nil
	}
	key, value, ok := strings.Cut(o.Filter, "=")
	if !ok || key != "name" {
		return "", fmt.Errorf("invalid filter %q: use name=PART", o.Filter)
	}
	return value, nil
}

func (o *LSOptions) print(w *os.File, rows []show.Project) error {
	var out bytes.Buffer
	var err error
	switch {
	case o.Quiet:
		for _, r := range rows {
			fmt.Fprintln(&out, r.Name)
		}
	case o.Format == "json":
		err = show.ProjectsJSON(&out, rows)
	case o.Format == "" || o.Format == "table":
		err = show.Projects(&out, rows)
	default:
		err = fmt.Errorf("format value %q could not be parsed: use table or json", o.Format)
	}
	if err == nil {
		_, err = w.Write(out.Bytes())
	}
	return err
}

// describe makes the line of one project; live: something of it runs.
func describe(ctx context.Context, e *client.Env, name string) (row show.Project, live bool, err error) {
	cs, err := e.Containers(ctx, name, false)
	if err != nil {
		return row, false, err
	}
	var states []string
	for i := range cs {
		states = append(states, cs[i].State)
		live = live || cs[i].State == "running" || cs[i].State == "restarting"
	}
	files, err := e.ConfigFiles(ctx, name)
	return show.Project{Name: name, Status: show.Count(states), ConfigFiles: strings.Join(files, ",")}, live, err
}
