package volumecmd

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
)

// ListOptions are the flags of volumes and of volume ls.
type ListOptions struct {
	Quiet   bool
	Format  string
	Filters []string
}

// Register defines the flags of volumes in fs.
func (o *ListOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Quiet, "quiet", "q", false, "print names only")
	fs.StringVar(&o.Format, "format", "table", "table, json, or a Go `TEMPLATE`")
}

// RegisterAll defines the flags of volume ls in fs.
func (o *ListOptions) RegisterAll(fs *pflag.FlagSet) {
	o.Register(fs)
	fs.StringArrayVarP(&o.Filters, "filter", "f", nil, "only volumes that match: dangling=true, driver=local, label=KEY[=VALUE], name=PART")
}

// OfProject prints the volumes of a project, or those that its services use.
func OfProject(ctx context.Context, e *client.Env, t client.Target, o *ListOptions, services []string) error {
	list, err := e.ProjectVolumes(ctx, t, services)
	if err != nil {
		return err
	}
	return o.print(e, list)
}

// List prints all volumes.
func List(_ context.Context, e *client.Env, o *ListOptions) error {
	s := volumes.Open(e.Dirs)
	f, err := newFilter(s, o.Filters, "dangling", "driver", "label", "name")
	if err != nil {
		return err
	}
	list, err := s.List()
	if err != nil {
		return err
	}
	return o.print(e, slices.DeleteFunc(list, func(v volumes.Volume) bool { return !f.match(&v) }))
}

const driver = "local"

func (o *ListOptions) print(e *client.Env, list []volumes.Volume) error {
	if o.Quiet {
		for i := range list {
			e.Println(list[i].Name)
		}
		return nil
	}
	s := volumes.Open(e.Dirs)
	var rows []row
	for i := range list {
		rows = append(rows, row{
			Driver: driver, Name: list[i].Name, Labels: joined(list[i].Labels), Mountpoint: s.Path(list[i].Name), Scope: "local",
			Availability: "N/A", Group: "N/A", Links: "N/A", Size: "N/A", Status: "N/A",
		})
	}
	return listing.Print(e.Stdout, o.Format, []string{"Driver", "Name"}, rows)
}

// row is a line of volume ls.
type row struct {
	Availability string // N/A: of docker's clusters
	Driver       string // local
	Group        string // N/A: of docker's clusters
	Labels       string // key=value, by commas, sorted
	Links        string // N/A: see system df -v
	Mountpoint   string // its directory; ids of other users in it are subordinate ones
	Name         string `heading:"VOLUME NAME"`
	Scope        string // local
	Size         string // N/A: see system df -v
	Status       string // N/A: of docker's clusters
}

func joined(m map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k+"="+m[k])
	}
	return strings.Join(out, ",")
}
