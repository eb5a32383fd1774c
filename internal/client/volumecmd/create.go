package volumecmd

import (
	"cmp"
	"context"
	"fmt"
	"maps"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project"
)

// CreateOptions are the flags of volume create.
type CreateOptions struct {
	Driver       string
	Labels, Opts []string
}

// Register defines the flags in fs.
func (o *CreateOptions) Register(fs *pflag.FlagSet) {
	fs.StringVarP(&o.Driver, "driver", "d", driver, "the driver; there is local alone")
	fs.StringArrayVar(&o.Labels, "label", nil, "a label, as `KEY=VALUE`")
	fs.StringArrayVarP(&o.Opts, "opt", "o", nil, "an option of the driver: type, o or device, as `KEY=VALUE`")
}

// Create makes a volume and prints its name; "" = a name is chosen.
func Create(_ context.Context, e *client.Env, o *CreateOptions, name string) error {
	if o.Driver != driver {
		return fmt.Errorf("driver %q is not there: the driver is local", o.Driver)
	}
	v := volumes.Volume{Name: name, Labels: listing.Pairs(o.Labels), Options: listing.Pairs(o.Opts), Anonymous: name == ""}
	if name != "" {
		if err := volumes.CheckName(name); err != nil {
			return err
		}
	}
	if _, err := project.ParseVolumeOptions(v.Options); err != nil {
		return err
	}
	if e.Global.DryRun {
		if _, err := volumes.Open(e.Dirs).Get(name); err != nil || name == "" {
			e.Rehearse("Volume", cmp.Or(name, "(a new name)"), "Creating", "Created")
		}
		return nil
	}
	have, made, err := volumes.Open(e.Dirs).Create(v)
	if err != nil {
		return err
	}
	if !made && len(v.Options) > 0 && !maps.Equal(v.Options, have.Options) {
		return fmt.Errorf("volume %s exists with other options: remove it first with: mocker-compose volume rm %s", name, name)
	}
	e.Println(have.Name)
	return nil
}
