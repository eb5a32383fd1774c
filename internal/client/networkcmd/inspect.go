package networkcmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
)

// InspectOptions are the flags of network inspect.
type InspectOptions struct {
	Format  string
	Verbose bool
}

// Register defines the flags in fs.
func (o *InspectOptions) Register(fs *pflag.FlagSet) {
	fs.StringVarP(&o.Format, "format", "f", "", "json, or a Go `TEMPLATE`")
	fs.BoolVarP(&o.Verbose, "verbose", "v", false, "taken for docker's sake: everything is shown anyway")
}

// Inspect prints what is known of networks, docker's way: what was found on
// standard output, errors behind it.
func Inspect(ctx context.Context, e *client.Env, o *InspectOptions, names []string) error {
	all, err := collect(ctx, e)
	if err != nil {
		return err
	}
	list := []inspected{}
	var errs []error
	for _, name := range names {
		if v, ok := find(all, name); ok {
			list = append(list, v.inspect())
		} else {
			errs = append(errs, fmt.Errorf("network %s not found", name))
		}
	}
	if err := listing.Inspect(e.Stdout, o.Format, list); err != nil {
		return err
	}
	return errors.Join(errs...)
}
