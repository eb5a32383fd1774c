package supervisor

import (
	"context"
	"sort"

	"github.com/mocker-compose/mocker-compose/supervisor/waits"
)

// Replicas implements waits.Project.
func (s *Supervisor) Replicas(services []string) ([]Replica, error) {
	return s.snapshotReplicas(services)
}

// Await implements waits.Project.
func (s *Supervisor) Await(ctx context.Context, check func(waits.Now) (bool, error)) error {
	return s.await(ctx, func() (bool, error) { return check(s) })
}

// Named implements waits.Now. Called on the loop.
func (s *Supervisor) Named(name string) *Replica {
	if i := s.instances[name]; i != nil {
		return &i.rec
	}
	return nil
}

// Of are the containers of a service, by number; those of run are none. It implements
// waits.Now. Called on the loop.
func (s *Supervisor) Of(service string) (all []*Replica) {
	for _, i := range s.instances {
		if i.rec.Service.Name == service && i.rec.OneOff == nil {
			all = append(all, &i.rec)
		}
	}
	sort.Slice(all, func(a, b int) bool { return all[a].Number < all[b].Number })
	return all
}
