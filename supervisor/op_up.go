package supervisor

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// up brings the project, or some services with what they depend on, into the
// state of the file.
func (s *Supervisor) up(ctx context.Context, r *request, b api.UpRequest) error {
	if err := s.accept(&b.Project); err != nil {
		return err
	}
	selected, err := selectServices(&b)
	if err != nil {
		return err
	}
	ctx, t, err := s.queue.enter(ctx, selected, true)
	if err != nil {
		return err
	}
	defer s.queue.leave(t)
	if err := s.takeProject(ctx, r, &b.Project); err != nil {
		return err
	}
	existing, err := s.snapshot(nil)
	if err != nil {
		return err
	}
	c := reconcile(&b, selected, existing)
	s.warnOrphans(r, c, b.RemoveOrphans)
	if err := runTasks(ctx, s.upTasks(r, &b, c)); err != nil {
		return err
	}
	if !b.Wait {
		return nil
	}
	return s.waitUp(ctx, r, c.names(), b.WaitTimeout)
}

// waitUp is up --wait and start --wait.
func (s *Supervisor) waitUp(ctx context.Context, r *request, names []string, limit time.Duration) error {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit, fmt.Errorf("not everything was running and healthy after %v; see ps and logs", limit))
		defer cancel()
	}
	return s.awaitUp(ctx, r, names)
}

// accept refuses a project that could not be carried out later.
func (s *Supervisor) accept(p *project.Project) error {
	if p.Name != s.cfg.Name {
		return fmt.Errorf("project %q was sent to the supervisor of project %q", p.Name, s.cfg.Name)
	}
	if cycle := p.Cycle(); cycle != nil {
		return &project.CycleError{Path: cycle}
	}
	for n := range p.Services {
		svc := &p.Services[n]
		if _, err := ParseSignal(svc.StopSignal, syscall.SIGTERM); err != nil {
			return fmt.Errorf("service %q: stop_signal: %w", svc.Name, err)
		}
		if svc.ContainerName != "" && svc.Scale > 1 {
			return withHint("remove container_name, or run one replica",
				fmt.Errorf("service %q: container_name %q cannot be shared by %d replicas", svc.Name, svc.ContainerName, svc.Scale))
		}
	}
	return nil
}

// selectServices are those that an up is about, sorted.
func selectServices(b *api.UpRequest) ([]string, error) {
	all, err := b.Project.WithDependencies(b.Services)
	if err != nil || !b.NoDeps || len(b.Services) == 0 {
		return all, err
	}
	return b.Services, nil
}

// takeProject makes p the desired project, and its networks and volumes exist.
// Their names are recorded before they are made: down finds all that there is.
func (s *Supervisor) takeProject(ctx context.Context, r *request, p *project.Project) error {
	var nets, vols []string
	err := s.ask(func() {
		if !sameShared(&s.desired, p) {
			s.outdated = true
		}
		s.desired = *p
		for _, n := range p.Networks {
			nets = appendIfNew(nets, &s.networks, n.Name)
		}
		for _, v := range p.Volumes {
			if !v.External {
				vols = appendIfNew(vols, &s.volumes, v.Name)
			}
		}
		s.recordFirst()
	})
	if err != nil {
		return err
	}
	say := func(status string) {
		for _, n := range nets {
			r.progress("Network", n, status)
		}
		for _, v := range vols {
			r.progress("Volume", v, status)
		}
	}
	say("Creating")
	if err := s.ensure(ctx); err != nil {
		_ = s.ask(func() { s.networks, s.volumes = without(s.networks, nets), without(s.volumes, vols) })
		return err
	}
	say("Created")
	return nil
}

// warnOrphans names the containers whose service has left the file.
func (s *Supervisor) warnOrphans(r *request, c changes, remove bool) {
	if len(c.orphans) == 0 || remove {
		return
	}
	names := make([]string, 0, len(c.orphans))
	for _, o := range c.orphans {
		names = append(names, o.Name)
	}
	r.warn("Project", s.cfg.Name, fmt.Sprintf("Found orphan containers (%v) for this project. If you removed or renamed this service in your compose file, you can run this command with the --remove-orphans flag to clean it up.", names))
}

// isCancel reports an error that is no failure of its own.
func isCancel(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, errSuperseded) || errors.Is(err, errClientGone)
}
