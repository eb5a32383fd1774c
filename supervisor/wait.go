package supervisor

import (
	"context"
	"fmt"

	"github.com/mocker-compose/mocker-compose/project"
)

// waitFor waits until a dependency's condition holds. The lines are docker
// compose's: Waiting for each container, then Healthy, Exited, Error or Skipped.
func (s *Supervisor) waitFor(ctx context.Context, r *request, d project.Dependency) error {
	reps, err := s.snapshot([]string{d.Service})
	if err != nil {
		return err
	}
	say := func(status string) {
		for _, c := range reps {
			r.container(c.Name, status)
		}
	}
	if d.Condition != project.ConditionStarted {
		say("Waiting")
	}
	err = s.await(ctx, func() (bool, error) { return s.met(d) })
	switch {
	case err == nil && d.Condition == project.ConditionHealthy:
		say("Healthy")
	case err == nil && d.Condition == project.ConditionCompleted:
		say("Exited")
	case err == nil:
	case ctx.Err() != nil:
		return err
	case !d.Required:
		say("Skipped")
		r.warn("Service", d.Service, fmt.Sprintf("optional dependency %q failed to start: %v", d.Service, err))
		return nil
	case d.Condition == project.ConditionCompleted:
		say("Error")
		return err
	default:
		say("Error")
		return fmt.Errorf("dependency failed to start: %w", err)
	}
	return err
}

// waitKey names the task that waits for d: dependents with the same wish share it.
func waitKey(d project.Dependency) string {
	return fmt.Sprintf("wait %s %s %t", d.Service, d.Condition, d.Required)
}

// waitTasks are the waits for what the containers in starting depend on,
// as far as known has containers of it. An optional dependency is started all
// the same, but its failure does not count.
func (s *Supervisor) waitTasks(r *request, starting, known []Replica, prefix string) []task {
	var tasks []task
	seen := map[string]bool{}
	for n := range starting {
		for _, d := range starting[n].Service.DependsOn {
			key := waitKey(d)
			after := replicaKeys(known, d.Service, prefix)
			if seen[key] || len(after) == 0 {
				continue
			}
			seen[key] = true
			tasks = append(tasks, task{key: key, after: after, run: func(ctx context.Context) error {
				return s.waitFor(ctx, r, d)
			}})
		}
	}
	return tasks
}

func replicaKeys(all []Replica, service, prefix string) []string {
	var keys []string
	for n := range all {
		if all[n].Service.Name == service {
			keys = append(keys, prefix+all[n].Name)
		}
	}
	return keys
}

func waitKeys(c *Container) []string {
	var keys []string
	for _, d := range c.Service.DependsOn {
		keys = append(keys, waitKey(d))
	}
	return keys
}

// awaitUp waits until every container runs and is healthy if it has a check, or
// has done its one job with exit code 0.
func (s *Supervisor) awaitUp(ctx context.Context, r *request, names []string) error {
	for _, name := range names {
		r.container(name, "Waiting")
	}
	tasks := make([]task, 0, len(names))
	for _, name := range names {
		tasks = append(tasks, task{key: name, run: func(ctx context.Context) error {
			err := s.await(ctx, func() (bool, error) {
				i := s.instances[name]
				if i == nil {
					return true, fmt.Errorf("container %s was removed meanwhile", name)
				}
				return i.up()
			})
			if err == nil {
				r.container(name, "Healthy")
			}
			return err
		}})
	}
	return runTasks(ctx, tasks)
}

// up reports that nothing is left to wait for.
func (i *instance) up() (bool, error) {
	if i.rec.State == Running && !checked(i.rec.Service.HealthCheck) {
		return true, nil
	}
	if i.final() {
		return i.completed()
	}
	if checked(i.rec.Service.HealthCheck) {
		return i.healthy()
	}
	return false, nil
}
