package plancmd

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

// Options are the flags of plan.
type Options struct {
	Up       client.UpOptions
	Format   string
	ExitCode bool
}

// Changes is the exit code with --detailed-exitcode when there is something to do.
const Changes = 2

// Register defines the flags in fs.
func (o *Options) Register(fs *pflag.FlagSet) {
	o.Up.RegisterPlan(fs)
	fs.StringVar(&o.Format, "format", "text", "how the plan is printed: text, json")
	fs.BoolVar(&o.ExitCode, "detailed-exitcode", false, "end with 2 if there is something to do, and with 0 if there is not")
}

// Show prints what an up of the services would do.
func Show(ctx context.Context, e *client.Env, t client.Target, o *Options, services []string) error {
	if o.Format != "text" && o.Format != "json" {
		return fmt.Errorf("unsupported --format value %q: use text or json", o.Format)
	}
	f, err := e.Forecast(ctx, t, &o.Up, services)
	if err != nil {
		return err
	}
	print := printText
	if o.Format == "json" {
		print = printJSON
	}
	all := rowsOf(f)
	if err := print(e.Stdout, t.Name, all); err != nil {
		return err
	}
	if o.ExitCode && all.changes() {
		return &client.ExitError{Code: Changes}
	}
	return nil
}
