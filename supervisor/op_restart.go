package supervisor

import (
	"context"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// restart stops containers in reverse order and starts them again in order,
// with their conditions. What depends on them follows only where the file says
// restart: true, and not with NoDeps; of those, only what runs.
func (s *Supervisor) restart(_ context.Context, r *request, b api.StopRequest) error {
	if err := s.checkServices(b.Services); err != nil {
		return err
	}
	ctx, t, err := s.queue.enter(s.keepGoing(), b.Services, true)
	if err != nil {
		return err
	}
	defer s.queue.leave(t)
	all, err := s.restartSet(&b)
	if err != nil {
		return err
	}
	order := orderOf(b.Timeout)
	err = s.reversed(ctx, all, func(ctx context.Context, c *Replica) error {
		r.container(c.Name, "Restarting")
		return s.stopOne(ctx, c.Name, order)
	})
	if err != nil {
		return err
	}
	return runTasks(ctx, s.startTasks(r, changes{all: all}))
}

// restartSet are the containers of the services and those that follow them.
func (s *Supervisor) restartSet(b *api.StopRequest) ([]Replica, error) {
	all, err := s.snapshot(nil)
	if err != nil || len(b.Services) == 0 {
		return all, err
	}
	want := map[string]bool{}
	for _, svc := range b.Services {
		want[svc] = true
	}
	if b.NoDeps {
		return filter(all, func(r *Replica) bool { return want[r.Service.Name] }), nil
	}
	follow := map[string]bool{}
	err = s.ask(func() {
		for _, svc := range b.Services {
			for _, name := range s.restartDependents(svc) {
				i := s.instances[name]
				follow[name] = follow[name] || i.live() || i.willStart()
			}
		}
	})
	return filter(all, func(r *Replica) bool { return want[r.Service.Name] || follow[r.Name] }), err
}

func filter(all []Replica, keep func(*Replica) bool) []Replica {
	var out []Replica
	for n := range all {
		if keep(&all[n]) {
			out = append(out, all[n])
		}
	}
	return out
}
