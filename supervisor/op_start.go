package supervisor

import (
	"context"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// start starts existing containers, and what they depend on, when their
// conditions hold.
func (s *Supervisor) start(ctx context.Context, r *request, b api.StartRequest) error {
	if err := s.checkServices(b.Services); err != nil {
		return err
	}
	ctx, t, err := s.queue.enter(ctx, b.Services, true)
	if err != nil {
		return err
	}
	defer s.queue.leave(t)
	all, err := s.snapshot(nil)
	if err != nil {
		return err
	}
	var c changes
	c.all = withDependencies(all, b.Services)
	for _, rep := range c.all {
		c.keep = append(c.keep, rep.Container)
	}
	if err := runTasks(ctx, s.startTasks(r, c)); err != nil || !b.Wait {
		return err
	}
	return s.waitUp(ctx, r, c.names(), b.WaitTimeout)
}

// withDependencies selects from all the containers of the services (none = all)
// and of what they depend on, by what their records say.
func withDependencies(all []Replica, services []string) []Replica {
	if len(services) == 0 {
		return all
	}
	want := map[string]bool{}
	for _, s := range services {
		want[s] = true
	}
	for grown := true; grown; {
		grown = false
		for _, r := range all {
			for _, d := range r.Service.DependsOn {
				if want[r.Service.Name] && !want[d.Service] {
					want[d.Service], grown = true, true
				}
			}
		}
	}
	var out []Replica
	for _, r := range all {
		if want[r.Service.Name] {
			out = append(out, r)
		}
	}
	return out
}
