package supervisor

import (
	"context"
	"fmt"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// The graph of an up. Keys: "make NAME" makes the container exist as the file
// has it, "halt NAME" stops one that restarts with another, "start NAME" runs
// it, "wait ..." is a condition of depends_on.
func (s *Supervisor) upTasks(r *request, b *api.UpRequest, c changes) []task {
	var tasks []task
	order := orderOf(b.Timeout)
	for _, n := range c.create {
		tasks = append(tasks, s.createTask(r, n))
	}
	for _, n := range c.recreate {
		tasks = append(tasks, s.recreateTask(r, n, order, c.restart))
	}
	for _, n := range c.keep {
		tasks = append(tasks, s.keepTask(n))
	}
	for _, o := range c.surplus {
		tasks = append(tasks, s.clearTask(r, o, order, "surplus "))
	}
	if b.RemoveOrphans {
		for _, o := range c.orphans {
			tasks = append(tasks, s.clearTask(r, o, order, "orphan "))
		}
	}
	if b.NoStart {
		return tasks
	}
	for _, f := range c.restart {
		tasks = append(tasks, s.haltTask(r, f, order, c.restart))
	}
	return append(tasks, s.startTasks(r, c)...)
}

// startTasks are the starts, each after the conditions of its dependencies.
func (s *Supervisor) startTasks(r *request, c changes) []task {
	starting := append([]Replica(nil), c.all...)
	for _, f := range c.restart {
		if !hasName(starting, f.Name) {
			starting = append(starting, f)
		}
	}
	tasks := s.waitTasks(r, starting, starting, "start ")
	for n := range starting {
		name := starting[n].Name
		after := append(waitKeys(&starting[n].Container), "make "+name, "halt "+name)
		tasks = append(tasks, task{key: "start " + name, after: after, run: func(ctx context.Context) error {
			return s.startSaying(ctx, r, name)
		}})
	}
	return tasks
}

// startSaying starts a container with docker compose's lines.
func (s *Supervisor) startSaying(ctx context.Context, r *request, name string) error {
	running := false
	if err := s.ask(func() { i := s.instances[name]; running = i != nil && i.rec.State == Running }); err != nil {
		return err
	}
	if !running {
		r.container(name, "Starting")
	}
	already, err := s.startOne(ctx, name)
	switch {
	case err != nil && !isCancel(err):
		r.container(name, "Error")
	case err != nil:
	case already:
		r.container(name, "Running")
	default:
		r.container(name, "Started")
	}
	return err
}

func (s *Supervisor) createTask(r *request, n Container) task {
	return task{key: "make " + n.Name, run: func(ctx context.Context) error {
		r.container(n.Name, "Creating")
		if err := s.createOne(ctx, n); err != nil {
			return err
		}
		r.container(n.Name, "Created")
		return nil
	}}
}

// recreateTask replaces a container; those that restart with it stop before.
func (s *Supervisor) recreateTask(r *request, n Container, o stopOrder, followers []Replica) task {
	after := dependentKeys(&n, followers, "halt ")
	return task{key: "make " + n.Name, after: after, run: func(ctx context.Context) error {
		r.container(n.Name, "Recreate")
		if err := s.stopOne(ctx, n.Name, o); err != nil {
			return err
		}
		if err := s.removeOne(ctx, n.Name, false); err != nil {
			return err
		}
		if err := s.createOne(ctx, n); err != nil {
			return err
		}
		r.container(n.Name, "Recreated")
		return nil
	}}
}

// keepTask brings the record of an unchanged container up to date.
func (s *Supervisor) keepTask(n Container) task {
	return task{key: "make " + n.Name, run: func(context.Context) error {
		return s.ask(func() {
			if i := s.instances[n.Name]; i != nil && i.rec.ID == n.ID {
				i.rec.Service = n.Service
				s.changed()
			}
		})
	}}
}

// clearTask removes a container that the file does not have any more.
func (s *Supervisor) clearTask(r *request, o Replica, order stopOrder, prefix string) task {
	return task{key: prefix + o.Name, run: func(ctx context.Context) error {
		if err := s.stopSaying(ctx, r, o.Name, order); err != nil {
			return err
		}
		return s.removeSaying(ctx, r, o.Name, false)
	}}
}

func (s *Supervisor) haltTask(r *request, f Replica, o stopOrder, followers []Replica) task {
	return task{key: "halt " + f.Name, after: dependentKeys(&f.Container, followers, "halt "), run: func(ctx context.Context) error {
		return s.stopSaying(ctx, r, f.Name, o)
	}}
}

// stopSaying stops a container with docker compose's lines.
func (s *Supervisor) stopSaying(ctx context.Context, r *request, name string, o stopOrder) error {
	r.container(name, "Stopping")
	if err := s.stopOne(ctx, name, o); err != nil {
		r.container(name, "Error")
		return fmt.Errorf("stop container %s: %w", name, err)
	}
	r.container(name, "Stopped")
	return nil
}

// removeSaying removes a container with docker compose's lines.
func (s *Supervisor) removeSaying(ctx context.Context, r *request, name string, volumes bool) error {
	r.container(name, "Removing")
	if err := s.removeOne(ctx, name, volumes); err != nil {
		r.container(name, "Error")
		return err
	}
	r.container(name, "Removed")
	return nil
}

func hasName(all []Replica, name string) bool {
	for n := range all {
		if all[n].Name == name {
			return true
		}
	}
	return false
}
