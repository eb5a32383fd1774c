package supervisor

import (
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// target is the container of a service that exec and attach work on: the one
// with the number, or the first that runs, those of run behind the replicas. In
// place of a service the name or the id of a one-off container will do.
func (s *Supervisor) target(service string, index int) (*Replica, error) {
	if err := s.checkServices([]string{service}); err != nil {
		return nil, err
	}
	all, err := s.snapshot(nil)
	if err != nil {
		return nil, err
	}
	all = record.Filter(all, func(r *Replica) bool {
		up := !r.State.Settled() && r.State != Creating && r.State != Ending && r.State != Removing
		return up && r.Chosen([]string{service}) && (index == 0 || r.Number == index)
	})
	// snapshot sorts by number, which is the lowest for those of run.
	slices.SortStableFunc(all, func(a, b Replica) int { return rank(&a) - rank(&b) })
	switch {
	case len(all) > 0:
		return &all[0], nil
	case index > 0:
		return nil, fmt.Errorf("service %q is not running container #%d", service, index)
	}
	return nil, withHint("start it with: mocker-compose up -d "+service, fmt.Errorf("service %q is not running", service))
}

// rank is low for what is taken first.
func rank(r *Replica) int {
	n := 0
	if r.OneOff != nil {
		n++
	}
	if r.State == Starting || r.State == Waiting {
		n += 2
	}
	return n
}
