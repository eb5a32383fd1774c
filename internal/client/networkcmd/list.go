package networkcmd

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/networks"
)

// ListOptions are the flags of network ls.
type ListOptions struct {
	Quiet, NoTrunc bool
	Format         string
	Filters        []string
}

// Register defines the flags in fs.
func (o *ListOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Quiet, "quiet", "q", false, "print ids only")
	fs.BoolVar(&o.NoTrunc, "no-trunc", false, "print ids whole")
	fs.StringVar(&o.Format, "format", "table", "table, json, or a Go `TEMPLATE`")
	fs.StringArrayVarP(&o.Filters, "filter", "f", nil,
		"only networks that match: dangling=true, driver=bridge, id=START, label=KEY[=VALUE], name=PART, scope=local, type=custom")
}

// List prints all networks: those made by network create, and those of the
// projects that run.
func List(ctx context.Context, e *client.Env, o *ListOptions) error {
	f, err := newFilter(o.Filters, time.Now(), "dangling", "driver", "id", "label", "name", "scope", "type")
	if err != nil {
		return err
	}
	all, err := collect(ctx, e)
	if err != nil {
		return err
	}
	return o.print(e, slices.DeleteFunc(all, func(v view) bool { return !f.match(&v) }))
}

func (o *ListOptions) print(e *client.Env, list []view) error {
	if o.Quiet {
		for i := range list {
			e.Println(o.id(&list[i]))
		}
		return nil
	}
	var rows []row
	for i := range list {
		v := &list[i]
		rows = append(rows, row{
			ID: o.id(v), Name: v.Name, Driver: networks.Driver, Scope: "local", Labels: joined(v.Labels),
			IPv4: strconv.FormatBool(v.v4), IPv6: strconv.FormatBool(v.v6), Internal: strconv.FormatBool(v.Internal),
			CreatedAt: created(v.Created),
		})
	}
	return listing.Print(e.Stdout, o.Format, []string{"ID", "Name", "Driver", "Scope"}, rows)
}

// row is a line of network ls.
type row struct {
	CreatedAt string `heading:"CREATED AT"` // "" if it is not known
	Driver    string // bridge
	ID        string `heading:"NETWORK ID"` // cut, but for --no-trunc
	IPv4      string // true or false
	IPv6      string // true or false
	Internal  string // true or false
	Labels    string // key=value, by commas, sorted
	Name      string
	Scope     string // local
}

// id is docker's short one, unless the whole is wanted.
func (o *ListOptions) id(v *view) string {
	if o.NoTrunc {
		return v.ID
	}
	return v.ID[:min(12, len(v.ID))]
}

// created is in the form that docker prints times in.
func created(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02 15:04:05.999999999 -0700 MST")
}

func joined(m map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k+"="+m[k])
	}
	return strings.Join(out, ",")
}
