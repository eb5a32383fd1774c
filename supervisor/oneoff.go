package supervisor

import (
	"context"
	"slices"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// split divides names into those of services and the one-off containers that
// are called by their own.
func (s *Supervisor) split(names []string) (services []string, oneOffs []Replica, err error) {
	all, err := s.snapshot(nil)
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
func (s *Supervisor) startNamed(ctx context.Context, x *execution, names []string) (services []string, all bool, err error) {
	services, oneOffs, err := s.split(names)
	if err != nil {
		return nil, false, err
	}
	err = s.each(oneOffs, func(c *Replica) error {
		if x.restart && !c.State.Settled() {
			if err := x.stop(ctx, plan.Operation{Kind: plan.Stop, Object: c.Name, Service: c.Service.Name}); err != nil {
				return err
			}
		}
		return x.start(ctx, c.Name)
	})
	return services, len(oneOffs) > 0 && len(services) == 0, err
}

// find is the container with an id, nil if there is none. Called on the loop.
func (s *Supervisor) find(id string) *instance {
	for _, i := range s.instances {
		if i.rec.ID == id {
			return i
		}
	}
	return nil
}

// returnLimit is how long a one-off container that is to go waits, after the
// supervisor was replaced, for the client that runs it: it wants the exit code.
const returnLimit = 15 * time.Second

// expectClient claims an adopted container for its client until returnLimit.
func (s *Supervisor) expectClient(i *instance) {
	if !i.removable() {
		return
	}
	i.claims++
	time.AfterFunc(returnLimit, func() { _ = s.ask(func() { i.claims-- }) })
}

// removable reports a one-off container that goes when it has ended.
func (i *instance) removable() bool { return i.rec.OneOff != nil && i.rec.OneOff.Remove }

// passing reports that i has ended and will be removed without a command.
func (i *instance) passing() bool {
	return i.removable() && i.rec.Final() && i.rec.Run > 0 && !i.stays
}

// settleOneOffs removes those that are over and that nobody asks about.
func (s *Supervisor) settleOneOffs() {
	for _, i := range s.instances {
		if i.passing() && i.claims == 0 && i.rec.State.Settled() {
			s.apply(event{kind: CmdRemove, name: i.rec.Name, volumes: true})
		}
	}
}

// readingLimit is how long the removal of a container that ended waits for the client of
// its run: the log goes with it, and the client comes to the log later than its writer.
const readingLimit = 2 * time.Second

// letRead waits until the clients of a run that has ended have read its log. One that
// does not read has its time, and no more.
func (s *Supervisor) letRead(ctx context.Context, name string) {
	within, cancel := context.WithTimeout(ctx, readingLimit)
	defer cancel()
	// Whatever ends this, the container goes.
	_ = s.await(within, func() (bool, error) {
		i := s.instances[name]
		return i == nil || i.claims == 0 || i.rec.Run == 0 || !i.rec.State.Settled(), nil
	})
}
