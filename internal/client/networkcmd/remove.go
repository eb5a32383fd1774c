package networkcmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/networks"
	"github.com/mocker-compose/mocker-compose/internal/sharing"
)

// RemoveOptions are the flags of network rm.
type RemoveOptions struct{ Force bool }

// Register defines the flags in fs.
func (o *RemoveOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Force, "force", "f", false, "no error for what is not there")
}

// Remove deletes networks that no project is on. It goes on behind one that
// cannot be deleted, as docker does.
func Remove(ctx context.Context, e *client.Env, o *RemoveOptions, names []string) error {
	all, err := collect(ctx, e)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		v, ok := find(all, name)
		switch {
		case !ok && o.Force:
		case !ok:
			errs = append(errs, fmt.Errorf("network %s not found", name))
		case !v.defined:
			errs = append(errs, fmt.Errorf("network %s belongs to project %s, which removes it with: mocker-compose -p %s down", v.Name, v.Project, v.Project))
		default:
			if err := remove(ctx, e, v.Name); err != nil {
				errs = append(errs, err)
				continue
			}
			if !e.Global.DryRun {
				e.Println(name)
			}
		}
	}
	return errors.Join(errs...)
}

func remove(ctx context.Context, e *client.Env, name string) error {
	if e.Global.DryRun {
		users, err := sharing.Users(ctx, e.Dirs, name)
		switch {
		case err != nil:
			return err
		case len(users) > 0:
			return &networks.InUseError{Name: name, Users: users}
		}
		e.Rehearse("Network", name, "Removing", "Removed")
		return nil
	}
	return networks.Open(e.Dirs).Remove(ctx, name, func(name string) ([]string, error) { return sharing.Users(ctx, e.Dirs, name) })
}

// PruneOptions are the flags of network prune.
type PruneOptions struct {
	Force   bool
	Filters []string
}

// Register defines the flags in fs.
func (o *PruneOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Force, "force", "f", false, "do not ask")
	fs.StringArrayVar(&o.Filters, "filter", nil, "only networks that match: label=KEY[=VALUE], label!=KEY, until=AGE")
}

// Prune removes the networks made by network create that no project is on.
func Prune(ctx context.Context, e *client.Env, o *PruneOptions) error {
	f, err := newFilter(o.Filters, time.Now(), "label", "until")
	if err != nil {
		return err
	}
	if !o.Force && !e.Global.DryRun && !listing.Confirm(e.Stdin, e.Stdout, "all custom networks not used by at least one container") {
		return nil
	}
	defined, err := networks.Open(e.Dirs).List()
	if err != nil {
		return err
	}
	heading := "Deleted Networks:\n"
	var errs []error
	for i := range defined {
		if v := viewOf(&defined[i]); !f.match(&v) {
			continue
		}
		err := remove(ctx, e, defined[i].Name)
		var used *networks.InUseError
		var gone *networks.NotFoundError
		switch {
		case errors.As(err, &used), errors.As(err, &gone):
		case err != nil:
			errs = append(errs, err)
		case e.Global.DryRun:
		default:
			e.Printf("%s%s\n", heading, defined[i].Name)
			heading = ""
		}
	}
	if heading == "" {
		e.Println()
	}
	return errors.Join(errs...)
}
