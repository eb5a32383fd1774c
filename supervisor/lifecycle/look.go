package lifecycle

import (
	"context"
	"slices"
	"sort"

	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/waits"
)

// Snapshot copies the records of all containers of the services (empty = all),
// sorted by service and number.
func (l *Loop) Snapshot(services []string) ([]Replica, error) {
	var all []Replica
	err := l.Ask(func() {
		for _, i := range l.Instances {
			if len(services) == 0 || slices.Contains(services, i.Rec.Service.Name) {
				all = append(all, i.Rec)
			}
		}
	})
	sort.Slice(all, func(a, b int) bool {
		if all[a].Service.Name != all[b].Service.Name {
			return all[a].Service.Name < all[b].Service.Name
		}
		return all[a].Number < all[b].Number
	})
	return all, err
}

// Replicas is Snapshot without what run made.
func (l *Loop) Replicas(services []string) ([]Replica, error) {
	all, err := l.Snapshot(services)
	return record.Filter(all, func(r *Replica) bool { return r.OneOff == nil }), err
}

// Replica copies the record of one container; nil when it is gone.
func (l *Loop) Replica(name string) (r *Replica) {
	_ = l.Ask(func() {
		if i := l.Instances[name]; i != nil {
			copied := i.Rec
			r = &copied
		}
	})
	return r
}

// Find is the container with an id, nil if there is none. Called on the loop.
func (l *Loop) Find(id string) *Instance {
	for _, i := range l.Instances {
		if i.Rec.ID == id {
			return i
		}
	}
	return nil
}

// Named is the record of a container, nil when it is gone. It implements waits.Now.
// Called on the loop.
func (l *Loop) Named(name string) *Replica {
	if i := l.Instances[name]; i != nil {
		return &i.Rec
	}
	return nil
}

// Of are the containers of a service, by number; those of run are none. It implements
// waits.Now. Called on the loop.
func (l *Loop) Of(service string) (all []*Replica) {
	for _, i := range l.Instances {
		if i.Rec.Service.Name == service && i.Rec.OneOff == nil {
			all = append(all, &i.Rec)
		}
	}
	sort.Slice(all, func(a, b int) bool { return all[a].Number < all[b].Number })
	return all
}

// Conditions is the project as package waits sees it.
func (l *Loop) Conditions() waits.Project { return conditions{l} }

type conditions struct{ *Loop }

// Await implements waits.Project.
func (c conditions) Await(ctx context.Context, check func(waits.Now) (bool, error)) error {
	return c.Loop.Await(ctx, func() (bool, error) { return check(c.Loop) })
}
