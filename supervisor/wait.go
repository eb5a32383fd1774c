package supervisor

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// waitFor waits until a dependency's condition holds. The lines are docker
// compose's: Waiting for each container, then Healthy, Exited, Error or Skipped.
func (s *Supervisor) waitFor(ctx context.Context, r *request, d project.Dependency) error {
	reps, err := s.snapshotReplicas([]string{d.Service})
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
	err = s.await(ctx, func() (bool, error) {
		if d.Condition == project.ConditionStarted && s.begun(d.Service) {
			return true, nil
		}
		return s.met(d)
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
	default:
		say("Error")
		err = fmt.Errorf("dependency failed to start: %w", err)
	}
	return err
}

// waitUp is up --wait and start --wait: every container of the services runs,
// and is healthy if it has a check, or has done its one job with exit code 0.
// The first failure ends it; limit 0 means none.
func (s *Supervisor) waitUp(ctx context.Context, r *request, services []string, limit time.Duration) error {
	all, err := s.snapshotReplicas(services)
	if err != nil || len(all) == 0 {
		return err
	}
	if limit > 0 {
		var done context.CancelFunc
		ctx, done = context.WithTimeoutCause(ctx, limit, fmt.Errorf("not everything was running and healthy after %v; see ps and logs", limit))
		defer done()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var waits sync.WaitGroup
	for _, c := range all {
		r.Container(c.Name, "Waiting")
		waits.Go(func() {
			if err := s.awaitUp(ctx, c.Name); err != nil {
				cancel(err) // the first counts
				return
			}
			r.Container(c.Name, "Healthy")
		})
	}
	waits.Wait()
	return context.Cause(ctx)
}

func (s *Supervisor) awaitUp(ctx context.Context, name string) error {
	return s.await(ctx, func() (bool, error) {
		i := s.instances[name]
		if i == nil {
			return true, fmt.Errorf("container %s was removed meanwhile", name)
		}
		return i.rec.Up()
	})
}
