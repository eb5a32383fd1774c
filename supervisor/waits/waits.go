// Package waits waits for conditions of depends_on, and for all that a command has
// started to be up. It sees containers by their records and decides nothing about them;
// what it says are docker compose's lines.
package waits

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// Project is what is waited in.
type Project interface {
	// Replicas are copies of the records of services' containers, of all services if
	// none is named.
	Replicas(services []string) ([]record.Replica, error)
	// Await returns when check says that it is done or fails. It is called after every
	// change, with what may be looked at in it only.
	Await(ctx context.Context, check func(Now) (bool, error)) error
}

// Now is how things stand while a check is asked.
type Now interface {
	// Of are the records of a service's containers.
	Of(service string) []*record.Replica
	// Named is the record of a container, nil when it is gone.
	Named(name string) *record.Replica
}

// For waits until a dependency's condition holds. The lines are docker compose's:
// Waiting for each container, then Healthy, Exited, Error or Skipped.
func For(ctx context.Context, p Project, r *door.Request, d project.Dependency) error {
	reps, err := p.Replicas([]string{d.Service})
	if err != nil {
		return err
	}
	say := func(status string) {
		for _, c := range reps {
			r.Container(c.Name, status)
		}
	}
	if d.Condition != project.ConditionStarted {
		say("Waiting")
	}
	err = p.Await(ctx, func(now Now) (bool, error) {
		all := now.Of(d.Service)
		if d.Condition == project.ConditionStarted && record.Begun(all) {
			return true, nil
		}
		return record.Met(all, d)
	})
	switch {
	case err == nil && d.Condition == project.ConditionHealthy:
		say("Healthy")
	case err == nil && d.Condition == project.ConditionCompleted:
		say("Exited")
	case err == nil || ctx.Err() != nil:
	case !d.Required:
		say("Skipped")
		r.Warn("Service", d.Service, fmt.Sprintf("optional dependency %q failed to start: %v", d.Service, err))
	case d.Condition == project.ConditionCompleted:
		say("Error")
		err = blame(p, d, err)
	default:
		say("Error")
		err = blame(p, d, fmt.Errorf("dependency failed to start: %w", err))
	}
	return err
}

// Up is up --wait and start --wait: every container of the services runs, and is
// healthy if it has a check, or has done its one job with exit code 0. The first failure
// ends it; limit 0 means none.
func Up(ctx context.Context, p Project, r *door.Request, services []string, limit time.Duration) error {
	all, err := p.Replicas(services)
	if err != nil || len(all) == 0 {
		return err
	}
	if limit > 0 {
		var done context.CancelFunc
		ctx, done = context.WithTimeoutCause(ctx, limit, errLate)
		defer done()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var waits sync.WaitGroup
	for _, c := range all {
		r.Container(c.Name, "Waiting")
		waits.Go(func() {
			if err := one(ctx, p, c.Name); err != nil {
				cancel(err) // the first counts
				return
			}
			r.Container(c.Name, "Healthy")
		})
	}
	waits.Wait()
	if err := context.Cause(ctx); !errors.Is(err, errLate) {
		return err
	}
	return late(p, services, limit)
}

func one(ctx context.Context, p Project, name string) error {
	return p.Await(ctx, func(now Now) (bool, error) {
		r := now.Named(name)
		if r == nil {
			return true, fmt.Errorf("container %s was removed meanwhile", name)
		}
		ok, err := r.Up()
		if err != nil {
			err = &door.About{Err: err, Container: name}
		}
		return ok, err
	})
}

// Settled waits until a container that has been started runs, and is healthy if it has
// a check, and then for as long as it is watched. The error says what went wrong with it.
func Settled(ctx context.Context, p Project, name string, watched time.Duration) error {
	look := func(now Now) (bool, error) {
		r := now.Named(name)
		switch {
		case r == nil:
			return true, fmt.Errorf("container %s was removed meanwhile", name)
		case r.Restarts > 0:
			return true, fmt.Errorf("container %s ended, and was started again", name)
		}
		return r.Up()
	}
	if err := p.Await(ctx, look); err != nil || watched <= 0 {
		return err
	}
	over := errors.New("nothing happened")
	ctx, cancel := context.WithTimeoutCause(ctx, watched, over)
	defer cancel()
	err := p.Await(ctx, func(now Now) (bool, error) {
		_, err := look(now)
		return false, err
	})
	if errors.Is(err, over) {
		return nil
	}
	return err
}
