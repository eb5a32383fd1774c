package supervisor

import (
	"context"
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// down stops and removes containers. Without services, and if no orphan stays,
// the whole project goes: networks, volumes if asked, the record; then the
// supervisor ends with ErrProjectEnded. What is there is known from the record:
// a file of another version, or none, does.
func (s *Supervisor) down(_ context.Context, r *request, b api.DownRequest) error {
	if err := s.checkServices(b.Services); err != nil {
		return err
	}
	s.overtake(b.Services, b.Timeout)
	ctx, t, err := s.queue.enter(s.keepGoing(), b.Services, false)
	if err != nil {
		return err
	}
	defer s.queue.leave(t)
	all, err := s.snapshot(b.Services)
	if err != nil {
		return err
	}
	going, staying := splitOrphans(all, &b)
	order := orderOf(b.Timeout)
	err = s.reversed(ctx, going, func(ctx context.Context, c *Replica) error {
		if !c.State.Settled() || c.Held {
			if err := s.stopSaying(ctx, r, c.Name, order); err != nil {
				return err
			}
		}
		return s.removeSaying(ctx, r, c.Name, b.Volumes)
	})
	if err != nil || len(b.Services) > 0 {
		return err
	}
	if len(staying) > 0 {
		s.warnStaying(r, staying)
		return nil
	}
	return s.endProject(ctx, r, t, b.Volumes)
}

// splitOrphans tells what a down removes from what it leaves.
func splitOrphans(all []Replica, b *api.DownRequest) (going, staying []Replica) {
	for _, c := range all {
		orphan := len(b.Known) > 0 && !slices.Contains(b.Known, c.Service.Name)
		if orphan && !b.RemoveOrphans && !slices.Contains(b.Services, c.Service.Name) {
			staying = append(staying, c)
		} else {
			going = append(going, c)
		}
	}
	return going, staying
}

func (s *Supervisor) warnStaying(r *request, staying []Replica) {
	names := make([]string, 0, len(staying))
	for _, c := range staying {
		names = append(names, c.Name)
	}
	r.warn("Project", s.cfg.Name, fmt.Sprintf("Found orphan containers (%v) for this project: they and the networks stay. Run down with --remove-orphans to remove them.", names))
}

// endProject removes what all containers shared, then the record.
func (s *Supervisor) endProject(ctx context.Context, r *request, t *ticket, volumes bool) error {
	s.unensure()
	if err := s.removeNetworks(ctx, r); err != nil {
		return err
	}
	if volumes {
		if err := s.removeVolumes(ctx, r); err != nil {
			return err
		}
	}
	// Whoever has queued up meanwhile wants the project back: go on.
	if !s.queue.closeIfLast(t) {
		return nil
	}
	var failure error
	if err := s.ask(func() { failure = s.forget(); s.endListeners() }); err != nil {
		return err
	}
	if failure != nil {
		return failure
	}
	return ErrProjectEnded
}

func (s *Supervisor) removeNetworks(ctx context.Context, r *request) error {
	var names []string
	if err := s.ask(func() { names = slices.Clone(s.networks) }); err != nil {
		return err
	}
	for _, n := range names {
		r.progress("Network", n, "Removing")
	}
	ctx, cancel := context.WithTimeout(ctx, removeLimit)
	defer cancel()
	removed, err := s.rt.RemoveNetworks(ctx)
	if err != nil {
		return fmt.Errorf("remove the networks of project %s: %w", s.cfg.Name, err)
	}
	for _, n := range removed {
		r.progress("Network", n, "Removed")
	}
	return s.ask(func() { s.networks, s.outdated = nil, true; s.changed() })
}

func (s *Supervisor) removeVolumes(ctx context.Context, r *request) error {
	var p project.Project
	if err := s.ask(func() { p = s.desired }); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, removeLimit)
	defer cancel()
	removed, err := s.rt.RemoveVolumes(ctx, &p)
	if err != nil {
		return fmt.Errorf("remove the volumes of project %s: %w", s.cfg.Name, err)
	}
	for _, n := range removed {
		r.progress("Volume", n, "Removing")
		r.progress("Volume", n, "Removed")
	}
	return s.ask(func() { s.volumes, s.outdated = nil, true; s.changed() })
}
