package record

import (
	"slices"

	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// Targets are the containers that exec and attach may mean by a service, or by the name
// or id of a one-off container, the one that is meant first: those with the number, unless
// that is 0, those that run before those that are about to, those of run behind the
// replicas. all is sorted by number.
func Targets(all []Replica, service string, index int) []Replica {
	all = Filter(all, func(r *Replica) bool {
		up := !r.State.Settled() && r.State != states.Creating && r.State != states.Ending && r.State != states.Removing
		return up && r.Chosen([]string{service}) && (index == 0 || r.Number == index)
	})
	// By number alone those of run would come first.
	slices.SortStableFunc(all, func(a, b Replica) int { return rank(&a) - rank(&b) })
	return all
}

// rank is low for what is taken first.
func rank(r *Replica) int {
	n := 0
	if r.OneOff != nil {
		n++
	}
	if r.State == states.Starting || r.State == states.Waiting {
		n += 2
	}
	return n
}
