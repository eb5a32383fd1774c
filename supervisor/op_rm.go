package supervisor

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/lifecycle"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// rm removes containers by name. One that runs again since the client looked
// stays, with an error or, if only what is idle is to go, without.
func (s *Supervisor) rm(_ context.Context, r *request, b api.RemoveRequest) error {
	all, err := s.loop.Snapshot(nil)
	if err != nil {
		return err
	}
	all = record.Filter(all, func(c *Replica) bool { return slices.Contains(b.Names, c.Name) })
	var services []string
	for n := range all {
		services = append(services, all[n].Service.Name)
	}
	ctx, t, err := s.enter(s.loop.Context(), r, append(services, b.Names...), false)
	if err != nil {
		return err
	}
	defer s.queue.Leave(t)
	if ended := regular(all); len(ended) > 0 {
		s.endRollouts(ended)
	}
	return s.each(all, func(c *Replica) error {
		if b.Idle && s.wanted(c.Name) {
			return nil
		}
		r.Container(c.Name, "Removing")
		err := s.loop.RemoveIdle(ctx, c.Name, b.Volumes)
		var busy *lifecycle.BusyError
		if b.Idle && errors.As(err, &busy) {
			return nil
		}
		if err != nil {
			r.Container(c.Name, "Error")
			return err
		}
		r.Container(c.Name, "Removed")
		return nil
	})
}

// regular are the services of containers that are no one-off ones; nil if there are none.
func regular(all []Replica) (services []string) {
	for n := range all {
		if all[n].OneOff == nil {
			services = append(services, all[n].Service.Name)
		}
	}
	return services
}

// wanted: somebody who has made the container is about to start it.
func (s *Supervisor) wanted(name string) (yes bool) {
	_ = s.loop.Ask(func() {
		i := s.loop.Instances[name]
		yes = i != nil && i.Claims > 0
	})
	return yes
}

// each does something with containers at the same time, and returns all errors.
func (s *Supervisor) each(all []Replica, do func(*Replica) error) error {
	errs := make([]error, len(all))
	var group sync.WaitGroup
	for n := range all {
		group.Go(func() { errs[n] = do(&all[n]) })
	}
	group.Wait()
	return errors.Join(errs...)
}
