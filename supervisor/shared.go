package supervisor

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
)

// What the containers of a project share: its networks and volumes.

// share makes a network or volume. Its name is recorded before it is made, so
// that down finds it whatever happens. list belongs to the loop.
func (x *execution) share(ctx context.Context, kind, name string, list *[]string) error {
	x.r.Progress(kind, name, "Creating")
	err := x.s.commit(func() {
		if !slices.Contains(*list, name) {
			*list = append(*list, name)
		}
		x.s.outdated = true
	})
	if err == nil {
		err = x.s.ensure(ctx)
	}
	if err != nil {
		x.r.Progress(kind, name, "Error")
		return err
	}
	x.r.Progress(kind, name, "Created")
	return nil
}

// ensure makes the networks and volumes of the desired project, unless this
// supervisor has done so before. It is called before containers are made, and
// by the start of one whose holder may have died since the last.
func (s *Supervisor) ensure(ctx context.Context) error {
	select {
	case <-s.ready:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { s.ready <- struct{}{} }()
	var p project.Project
	var outdated bool
	if err := s.ask(func() { p, outdated, s.outdated = s.desired, s.outdated, false }); err != nil {
		return err
	}
	if s.ensured && !outdated {
		return nil
	}
	s.ensured = false
	ctx, cancel := context.WithTimeout(ctx, createLimit)
	defer cancel()
	if err := s.rt.EnsureNetworks(ctx, &p); err != nil {
		return fmt.Errorf("create the networks of project %s: %w", p.Name, err)
	}
	if err := s.rt.EnsureVolumes(ctx, &p); err != nil {
		return fmt.Errorf("create the volumes of project %s: %w", p.Name, err)
	}
	s.ensured = true
	return nil
}

// takeUplink gives the desired project another uplink; "" leaves it.
func (s *Supervisor) takeUplink(ctx context.Context, u project.Uplink) error {
	if u == "" {
		return nil
	}
	if err := s.rt.CheckUplink(ctx, u); err != nil {
		return err
	}
	err := s.commit(func() { s.outdated, s.desired.Uplink = s.outdated || s.desired.Uplink != u, u })
	if err != nil {
		return err
	}
	return s.ensure(ctx)
}

// removeNetwork removes all networks with the first call: the runtime knows
// them better than any record.
func (x *execution) removeNetwork(ctx context.Context, op plan.Operation) error {
	if op.Replaces {
		return x.clearNetwork(ctx, op.Object)
	}
	name := op.Object
	x.r.Progress("Network", name, "Removing")
	x.networks.Do(func() {
		_ = x.s.rt.Notices() // of networks that go now: nobody would do anything about them
		x.netStay, x.netErr = x.s.removeNetworks(ctx)
		x.s.sayNotices(x.r)
	})
	switch {
	case x.netErr != nil:
		x.r.Progress("Network", name, "Error")
	case slices.Contains(x.netStay, name):
		x.r.Progress("Network", name, "Resource is still in use")
	default:
		x.r.Progress("Network", name, "Removed")
	}
	return x.netErr
}

func (s *Supervisor) removeNetworks(ctx context.Context) (stay []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, removeLimit)
	defer cancel()
	if stay, err = s.rt.RemoveNetworks(ctx); err != nil {
		return stay, fmt.Errorf("remove the networks of project %s: %w", s.cfg.Name, err)
	}
	return stay, s.ask(func() {
		for _, name := range s.networks {
			s.news.Network(name, "destroy")
		}
		s.networks, s.defined, s.born, s.outdated = nil, nil, nil, true
		s.changed()
	})
}

func (x *execution) removeVolume(ctx context.Context, op plan.Operation) error {
	x.r.Progress("Volume", op.Object, "Removing")
	only := *x.project
	only.Volumes = slices.DeleteFunc(slices.Clone(only.Volumes), func(v project.Volume) bool { return v.Name != op.Object })
	ctx, cancel := context.WithTimeout(ctx, removeLimit)
	defer cancel()
	gone, err := x.s.rt.RemoveVolumes(ctx, &only)
	if err != nil {
		x.r.Progress("Volume", op.Object, "Error")
		return fmt.Errorf("remove volume %s: %w", op.Object, err)
	}
	if slices.Contains(gone, op.Object) {
		x.r.Progress("Volume", op.Object, "Removed")
	} else {
		x.r.Progress("Volume", op.Object, "Resource is still in use")
		x.s.sayNotices(x.r)
		if op.Replaces {
			return fmt.Errorf("volume %s cannot be made anew: it is in use, and stays as it is; run up again without --yes", op.Object)
		}
	}
	return x.s.ask(func() {
		x.s.volumes = slices.DeleteFunc(x.s.volumes, func(v string) bool { return v == op.Object })
		x.s.outdated = true
		x.s.changed()
	})
}

// sameShared reports that two projects share the same networks, uplink and volumes.
func sameShared(a, b *project.Project) bool {
	return a.Uplink == b.Uplink && reflect.DeepEqual(a.Networks, b.Networks) && reflect.DeepEqual(a.Volumes, b.Volumes)
}
