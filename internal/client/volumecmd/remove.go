package volumecmd

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/rootless"
)

// RemoveOptions are the flags of volume rm.
type RemoveOptions struct{ Force bool }

// Register defines the flags in fs.
func (o *RemoveOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Force, "force", "f", false, "no error for what is not there")
}

// Remove deletes volumes that no container uses. It goes on behind one that
// cannot be deleted, as docker does.
func Remove(ctx context.Context, e *client.Env, o *RemoveOptions, names []string) error {
	list, err := remove(ctx, e, names)
	errs := []error{err}
	for _, r := range list {
		switch {
		case e.Global.DryRun && r.Error == "":
			e.Rehearse("Volume", r.Name, "Removing", "Removed")
		case r.Error == "", r.Missing && o.Force:
			e.Println(r.Name)
		default:
			errs = append(errs, errors.New(r.Error))
		}
	}
	return errors.Join(errs...)
}

// remove deletes volumes in the user namespace.
func remove(ctx context.Context, e *client.Env, names []string) ([]volumes.Removal, error) {
	s := volumes.Open(e.Dirs)
	var there []string
	var list []volumes.Removal
	for _, name := range names {
		if _, err := s.Get(name); err != nil {
			_, missing := err.(*volumes.NotFoundError)
			list = append(list, volumes.Removal{Name: name, Missing: missing, Error: err.Error()})
			continue
		}
		there = append(there, name)
	}
	if len(there) == 0 {
		return list, nil
	}
	if e.Global.DryRun {
		removed, err := tried(s, there)
		return append(removed, list...), err
	}
	removed, err := removeInside(ctx, e, there)
	return append(removed, list...), err
}

// tried is what a removal would come to.
func tried(s *volumes.Store, names []string) (list []volumes.Removal, err error) {
	users, err := s.Users()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		one := volumes.Removal{Name: name}
		if len(users[name]) > 0 {
			one.Error = (&volumes.InUseError{Name: name, Users: users[name]}).Error()
		}
		list = append(list, one)
	}
	return list, nil
}

func removeInside(ctx context.Context, e *client.Env, names []string) ([]volumes.Removal, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		w.Close()
		return nil, err
	}
	defer null.Close()
	answers := make(chan []volumes.Removal, 1)
	go func() { answers <- readRemovals(bufio.NewReader(r)) }()
	args := append([]string{volumes.RoleRemove, e.Dirs.Run, e.Dirs.Data}, names...)
	code, err := rootless.RunRoleInside(ctx, e.Dirs, args, [3]*os.File{null, w, os.Stderr}, false, e.Warn)
	w.Close()
	list := <-answers
	if err != nil && len(list) == 0 {
		// Where the user namespace cannot be entered, what is one's own can be removed.
		return volumes.Open(e.Dirs).Removals(names), nil
	}
	if err == nil && code != 0 {
		err = fmt.Errorf("remove volumes: the process that does it ended with code %d", code)
	}
	return list, err
}

func readRemovals(r *bufio.Reader) (list []volumes.Removal) {
	for {
		line, err := r.ReadBytes('\n')
		var one volumes.Removal
		if json.Unmarshal(bytes.TrimSpace(line), &one) == nil {
			list = append(list, one)
		}
		if err != nil {
			return list
		}
	}
}

// PruneOptions are the flags of volume prune.
type PruneOptions struct {
	All, Force bool
	Filters    []string
}

// Register defines the flags in fs.
func (o *PruneOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.All, "all", "a", false, "remove all volumes that no container uses, not only anonymous ones")
	fs.BoolVarP(&o.Force, "force", "f", false, "do not ask")
	fs.StringArrayVar(&o.Filters, "filter", nil, "only volumes that match: label=KEY[=VALUE], label!=KEY, all=true")
}

// Prune removes volumes that no container uses.
func Prune(ctx context.Context, e *client.Env, o *PruneOptions) error {
	s := volumes.Open(e.Dirs)
	f, err := newFilter(s, o.Filters, "label", "all")
	if err != nil {
		return err
	}
	all := o.All || f.all
	if !o.Force && !e.Global.DryRun && !confirm(e, all) {
		return nil
	}
	if e.Global.DryRun {
		bytes, err := foresee(ctx, e, s, all, f, nil)
		e.Println("Total reclaimable space:", units.HumanSize(float64(bytes)))
		return err
	}
	reclaimed, err := prune(ctx, e, s, all, f)
	e.Println("Total reclaimed space:", units.HumanSize(float64(reclaimed)))
	return err
}

// Sweep is Prune of anonymous volumes, without a question and a total: it returns
// the bytes that are free now. filters are labels.
func Sweep(ctx context.Context, e *client.Env, filters []string) (reclaimed int64, err error) {
	s := volumes.Open(e.Dirs)
	f, err := newFilter(s, filters, "label")
	if err != nil {
		return 0, err
	}
	return prune(ctx, e, s, false, f)
}

func prune(ctx context.Context, e *client.Env, s *volumes.Store, all bool, f *filter) (reclaimed int64, err error) {
	names, err := unused(s, all, f, nil)
	if err != nil {
		return 0, err
	}
	removed, err := remove(ctx, e, names)
	heading := "Deleted Volumes:\n"
	errs := []error{err}
	for _, r := range removed {
		if r.Error != "" {
			errs = append(errs, errors.New(r.Error))
			continue
		}
		e.Printf("%s%s\n", heading, r.Name)
		heading, reclaimed = "", reclaimed+r.Bytes
	}
	if heading == "" {
		e.Println()
	}
	return reclaimed, errors.Join(errs...)
}

// unused are the volumes that a prune is about.
func unused(s *volumes.Store, all bool, f *filter, without func(volumes.User) bool) (names []string, err error) {
	list, err := s.Unused(all, without)
	for i := range list {
		if f.match(&list[i]) {
			names = append(names, list[i].Name)
		}
	}
	return names, err
}

func confirm(e *client.Env, all bool) bool {
	what := "anonymous local volumes not used by at least one container"
	if all {
		what = "all local volumes not used by at least one container"
	}
	return listing.Confirm(e.Stdin, e.Stdout, what)
}
