package lookcmd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/show"
)

// LSOptions are the flags of ls.
type LSOptions struct {
	All, Quiet bool
	Format     string
	Filter     []string
}

// Register defines the flags in fs.
func (o *LSOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.All, "all", "a", false, "show projects of which nothing runs too")
	fs.BoolVarP(&o.Quiet, "quiet", "q", false, "print names only")
	fs.StringVar(&o.Format, "format", "table", "table or json")
	fs.StringArrayVar(&o.Filter, "filter", nil, "only projects that match: name=`PATTERN`, a regular expression")
}

// LS prints the user's projects.
func LS(ctx context.Context, e *client.Env, o *LSOptions) error {
	wanted, err := o.patterns()
	if err != nil {
		return err
	}
	names, err := e.Projects()
	if err != nil {
		return err
	}
	var rows []show.Project
	for _, name := range names {
		if len(wanted) > 0 && !slices.ContainsFunc(wanted, func(re *regexp.Regexp) bool { return re.MatchString(name) }) {
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

// patterns are those of the names that are wanted; none means all.
func (o *LSOptions) patterns() (out []*regexp.Regexp, err error) {
	for _, f := range o.Filter {
		key, value, ok := strings.Cut(f, "=")
		if !ok {
			return nil, fmt.Errorf("invalid filter %q: use name=PATTERN", f)
		}
		if key != "name" {
			return nil, fmt.Errorf("invalid filter '%s': use name=PATTERN", key)
		}
		re, err := regexp.Compile(value)
		if err != nil { // docker compose takes it for a name then
			re = regexp.MustCompile("^" + regexp.QuoteMeta(value) + "$")
		}
		out = append(out, re)
	}
	return out, nil
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
