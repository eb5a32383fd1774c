package execution

import (
	"context"
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/lifecycle"
)

// What the containers of a project share: its networks and volumes.

// share makes a network or volume. Its name is recorded before it is made, so
// that down finds it whatever happens. list belongs to the loop.
func (x *Execution) share(ctx context.Context, kind, name string, list *[]string) error {
	x.Request.Progress(kind, name, "Creating")
	err := x.Loop.Commit(func() {
		if !slices.Contains(*list, name) {
			*list = append(*list, name)
		}
		x.Loop.Outdated = true
	})
	if err == nil {
		err = x.Loop.Ensure(ctx)
	}
	if err != nil {
		x.Request.Progress(kind, name, "Error")
		return err
	}
	x.Request.Progress(kind, name, "Created")
	return nil
}

// removeNetwork removes all networks with the first call: the runtime knows
// them better than any record.
func (x *Execution) removeNetwork(ctx context.Context, op plan.Operation) error {
	if op.Replaces {
		return x.clearNetwork(ctx, op.Object)
	}
	name := op.Object
	x.Request.Progress("Network", name, "Removing")
	x.networks.Do(func() {
		_ = x.Runtime.Notices() // of networks that go now: nobody would do anything about them
		x.netStay, x.netErr = RemoveNetworks(ctx, x.Loop, x.Runtime)
		SayNotices(x.Runtime, x.Request, x.Loop.Name())
	})
	switch {
	case x.netErr != nil:
		x.Request.Progress("Network", name, "Error")
	case slices.Contains(x.netStay, name):
		x.Request.Progress("Network", name, "Resource is still in use")
	default:
		x.Request.Progress("Network", name, "Removed")
	}
	return x.netErr
}

// RemoveNetworks removes all networks of a project, and returns the names of those that
// stay because other projects are on them.
func RemoveNetworks(ctx context.Context, l *lifecycle.Loop, rt kernel.Runtime) (stay []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, lifecycle.RemoveLimit)
	defer cancel()
	if stay, err = rt.RemoveNetworks(ctx); err != nil {
		return stay, fmt.Errorf("remove the networks of project %s: %w", l.Name(), err)
	}
	return stay, l.Ask(func() {
		for _, name := range l.Networks {
			l.News.Network(name, "destroy")
		}
		l.Networks, l.Defined, l.Born, l.Outdated = nil, nil, nil, true
		l.Changed()
	})
}

func (x *Execution) removeVolume(ctx context.Context, op plan.Operation) error {
	x.Request.Progress("Volume", op.Object, "Removing")
	only := *x.Project
	only.Volumes = slices.DeleteFunc(slices.Clone(only.Volumes), func(v project.Volume) bool { return v.Name != op.Object })
	ctx, cancel := context.WithTimeout(ctx, lifecycle.RemoveLimit)
	defer cancel()
	gone, err := x.Runtime.RemoveVolumes(ctx, &only)
	if err != nil {
		x.Request.Progress("Volume", op.Object, "Error")
		return fmt.Errorf("remove volume %s: %w", op.Object, err)
	}
	if slices.Contains(gone, op.Object) {
		x.Request.Progress("Volume", op.Object, "Removed")
	} else {
		x.Request.Progress("Volume", op.Object, "Resource is still in use")
		SayNotices(x.Runtime, x.Request, x.Loop.Name())
		if op.Replaces {
			return fmt.Errorf("volume %s cannot be made anew: it is in use, and stays as it is; run up again without --yes", op.Object)
		}
	}
	return x.Loop.Ask(func() {
		x.Loop.Volumes = slices.DeleteFunc(x.Loop.Volumes, func(v string) bool { return v == op.Object })
		x.Loop.Outdated = true
		x.Loop.Changed()
	})
}

// SayNotices passes on what the runtime has found out.
func SayNotices(rt kernel.Runtime, r *door.Request, project string) {
	for _, text := range rt.Notices() {
		r.Warn("Project", project, text)
	}
}
