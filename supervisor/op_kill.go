package supervisor

import (
	"context"
	"errors"
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
	all, err := s.loop.Snapshot(nil)
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
		failures = append(failures, s.loop.Kill(ctx, all[n].Name, sig, func(status string) { r.Container(all[n].Name, status) }))
	}
	return errors.Join(failures...)
}
