package supervisor

import (
	"context"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/supervisor/execution"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// split divides names into those of services and the one-off containers that
// are called by their own.
func (s *Supervisor) split(names []string) (services []string, oneOffs []Replica, err error) {
	all, err := s.loop.Snapshot(nil)
	if err != nil {
		return nil, nil, err
	}
	oneOffs = record.Filter(all, func(r *Replica) bool { return r.CalledOneOf(names) })
	for _, n := range names {
		if !slices.ContainsFunc(oneOffs, func(r Replica) bool { return r.Called(n) }) {
			services = append(services, n)
		}
	}
	return services, oneOffs, nil
}

// startNamed starts the one-off containers among names; for a restart it stops
// them first. It returns the services that are left, all when there are none.
func (s *Supervisor) startNamed(ctx context.Context, x *execution.Execution, names []string) (services []string, all bool, err error) {
	services, oneOffs, err := s.split(names)
	if err != nil {
		return nil, false, err
	}
	err = s.each(oneOffs, func(c *Replica) error {
		if x.Restart && !c.State.Settled() {
			if err := x.Stop(ctx, plan.Operation{Kind: plan.Stop, Object: c.Name, Service: c.Service.Name}); err != nil {
				return err
			}
		}
		return x.Start(ctx, c.Name)
	})
	return services, len(oneOffs) > 0 && len(services) == 0, err
}
