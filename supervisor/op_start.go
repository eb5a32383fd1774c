package supervisor

import (
	"context"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/execution"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/waits"
)

// start starts existing containers, and what they depend on, when their
// conditions hold.
func (s *Supervisor) start(ctx context.Context, r *request, b api.StartRequest) error {
	if err := s.checkServices(b.Services); err != nil {
		return err
	}
	ctx, t, err := s.enter(ctx, r, b.Services, true)
	if err != nil {
		return err
	}
	defer s.queue.Leave(t)
	if err := s.takeUplink(ctx, b.Uplink); err != nil {
		return err
	}
	defer s.sayNotices(r)
	o, known, err := s.observe(viewUp)
	if err != nil {
		return err
	}
	x := &execution.Execution{Loop: s.loop, Runtime: s.rt, Request: r, Project: known}
	services, all, err := s.startNamed(ctx, x, b.Services)
	if err != nil || all {
		return err
	}
	p, err := plan.MakeStart(known, o, services)
	if err != nil {
		return err
	}
	if err := x.Execute(ctx, p); err != nil || !b.Wait {
		return err
	}
	return waits.Up(ctx, s.loop.Conditions(), r, services, b.WaitTimeout)
}

// restart stops containers in reverse order and starts them again in order,
// with their conditions. What depends on them follows only where the file says
// restart: true, and not with NoDeps; of those, only what runs.
func (s *Supervisor) restart(_ context.Context, r *request, b api.StopRequest) error {
	if err := s.checkServices(b.Services); err != nil {
		return err
	}
	ctx, t, err := s.enter(s.loop.Context(), r, b.Services, true)
	if err != nil {
		return err
	}
	defer s.queue.Leave(t)
	// What starts or waits for its back-off is stopped first, like what runs.
	o, known, err := s.observe(viewDown)
	if err != nil {
		return err
	}
	x := &execution.Execution{Loop: s.loop, Runtime: s.rt, Request: r, Project: known, Order: policy.StopWithin(b.Timeout).AndBack(), Restart: true}
	services, all, err := s.startNamed(ctx, x, b.Services)
	if err != nil || all {
		return err
	}
	p, err := plan.MakeRestart(known, o, services, b.NoDeps)
	if err != nil {
		return err
	}
	return x.Execute(ctx, p)
}

// takeUplink gives the desired project another uplink; "" leaves it.
func (s *Supervisor) takeUplink(ctx context.Context, u project.Uplink) error {
	if u == "" {
		return nil
	}
	if err := s.rt.CheckUplink(ctx, u); err != nil {
		return err
	}
	err := s.loop.Commit(func() { s.loop.Outdated, s.loop.Desired.Uplink = s.loop.Outdated || s.loop.Desired.Uplink != u, u })
	if err != nil {
		return err
	}
	return s.loop.Ensure(ctx)
}
