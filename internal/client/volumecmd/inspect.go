package volumecmd

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
)

// InspectOptions are the flags of volume inspect.
type InspectOptions struct{ Format string }

// Register defines the flags in fs.
func (o *InspectOptions) Register(fs *pflag.FlagSet) {
	fs.StringVarP(&o.Format, "format", "f", "", "json, or a Go `TEMPLATE`")
}

// inspected has docker's names for what we know of a volume.
type inspected struct {
	CreatedAt  string
	Driver     string
	Labels     map[string]string
	Mountpoint string
	Name       string
	Options    map[string]string
	Scope      string
}

// Inspect prints what is known of volumes, docker's way: what was found on
// standard output, errors behind it.
func Inspect(_ context.Context, e *client.Env, o *InspectOptions, names []string) error {
	s := volumes.Open(e.Dirs)
	list := []inspected{}
	var errs []error
	for _, name := range names {
		v, err := s.Get(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		list = append(list, inspected{
			CreatedAt: v.Created.Format(time.RFC3339), Driver: driver, Labels: v.Labels, Mountpoint: s.Path(name),
			Name: name, Options: v.Options, Scope: "local",
		})
	}
	if err := listing.Inspect(e.Stdout, o.Format, list); err != nil {
		return err
	}
	return errors.Join(errs...)
}
