package supervisor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// kill sends a signal to the main processes, at once: it waits behind nobody,
// because it is what remains when something else hangs. A signal that is meant
// to end a container also keeps its restart policy from starting it again.
func (s *Supervisor) kill(ctx context.Context, r *request, b api.KillRequest) error {
	sig, err := policy.ParseSignal(b.Signal, syscall.SIGKILL)
	if err != nil {
		return err
	}
	if err := s.checkServices(b.Services); err != nil {
		return err
	}
	services := b.Services
	all, err := s.snapshot(nil)
	if err != nil {
		return err
	}
	all = record.Filter(all, func(c *Replica) bool { return c.Chosen(services) && (b.Container == "" || c.ID == b.Container) })
	// checkServices may have let an orphan pass by name: it is killed once.
	if b.RemoveOrphans && len(services) > 0 {
		k, err := s.known()
		if err != nil {
			return err
		}
		all = append(all, record.Filter(record.Orphans(k.All, &k.Project), func(o *Replica) bool { return !slices.Contains(services, o.Service.Name) })...)
	}
	if sig == syscall.SIGKILL && b.Container == "" {
		s.queue.Supersede(services)
	}
	var failures []error
	for n := range all {
		failures = append(failures, s.killOne(ctx, r, &all[n], sig))
	}
	return errors.Join(failures...)
}

func (s *Supervisor) killOne(ctx context.Context, r *request, c *Replica, sig syscall.Signal) error {
	var run *Run
	paused := false
	err := s.ask(func() {
		run = s.intend(c.Name, sig)
		i := s.instances[c.Name]
		paused = run != nil && i.rec.State == Paused && policy.Ends(&i.rec.Service, sig)
	})
	if err != nil || run == nil {
		return err
	}
	r.Container(c.Name, "Killing")
	if sig == syscall.SIGKILL {
		err = s.rt.Kill(run)
	} else {
		err = s.rt.Signal(run, sig)
	}
	if paused {
		s.thaw(c.Name, run)
	}
	if err == nil && sig == syscall.SIGKILL {
		err = s.await(ctx, func() (bool, error) {
			i := s.instances[c.Name]
			return i == nil || i.run != run, nil
		})
	}
	if err != nil {
		return fmt.Errorf("send %v to container %s: %w", sig, c.Name, err)
	}
	r.Container(c.Name, "Killed")
	return nil
}

// intend records what a signal means for the container's future and returns the
// run to signal, nil if there is none. Called on the loop.
func (s *Supervisor) intend(name string, sig syscall.Signal) *Run {
	i := s.instances[name]
	if i == nil {
		return nil
	}
	if policy.Ends(&i.rec.Service, sig) {
		if i.run == nil {
			if i.rec.State != Removing {
				s.apply(event{kind: CmdStop, name: name, stop: stopOrder{Set: true}})
			}
			return nil
		}
		s.wantStopped(i, event{})
		s.recordFirst()
	}
	if i.run != nil {
		s.emitKill(i, sig, record.SentByKill)
	}
	return i.run
}
