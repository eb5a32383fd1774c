package supervisor

import (
	"context"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/execution"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/turns"
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
	ctx, t, err := s.enter(s.loop.Context(), r, b.Services, false)
	if err != nil {
		return err
	}
	defer s.queue.Leave(t)
	s.endRollouts(b.Services)
	o, known, err := s.observe(viewDown)
	if err != nil {
		return err
	}
	if len(b.Known) > 0 {
		known.Services = slices.DeleteFunc(known.Services, func(svc project.Service) bool { return !slices.Contains(b.Known, svc.Name) })
		known.Disabled = nil
	}
	for _, v := range b.Left {
		if !slices.ContainsFunc(known.Volumes, func(k project.Volume) bool { return k.Name == v.Name }) {
			known.Volumes = append(known.Volumes, v)
		}
		if !slices.Contains(o.Volumes, v.Name) {
			o.Volumes = append(o.Volumes, v.Name)
		}
	}
	p := plan.MakeDown(known, o, plan.DownOptions{Services: b.Services, RemoveOrphans: b.RemoveOrphans, Volumes: b.Volumes})
	x := &execution.Execution{Loop: s.loop, Runtime: s.rt, Request: r, Project: known, Order: policy.StopWithin(b.Timeout), Volumes: b.Volumes, Tolerant: true}
	if err := x.Execute(ctx, p); err != nil || len(b.Services) > 0 {
		return err
	}
	if len(p.Orphans) > 0 {
		s.warnOrphans(r, p.Orphans)
		return nil
	}
	return s.endProject(ctx, t)
}

// endProject removes the rest, when no container is left.
func (s *Supervisor) endProject(ctx context.Context, t *turns.Ticket) error {
	// Once more without a record of them: it may have been lost.
	if _, err := execution.RemoveNetworks(ctx, s.loop, s.rt); err != nil {
		return err
	}
	// Who has queued up meanwhile to start something wants the project back: go on.
	if !s.queue.CloseIfLast(t) {
		return nil
	}
	var failure error
	if err := s.loop.Ask(func() { failure = s.loop.Forget(); s.loop.News.End() }); err != nil {
		return err
	}
	if failure != nil {
		s.queue.Reopen()
		return failure
	}
	if s.cfg.Ended != nil {
		if err := s.cfg.Ended(); err != nil {
			s.loop.Report("clean up after the project: " + err.Error())
		}
	}
	return ErrProjectEnded
}
