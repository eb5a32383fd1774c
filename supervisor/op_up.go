package supervisor

import (
	"context"
	"errors"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/diff"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/survey"
	"github.com/mocker-compose/mocker-compose/supervisor/turns"
	"github.com/mocker-compose/mocker-compose/supervisor/vet"
	"github.com/mocker-compose/mocker-compose/supervisor/waits"
)

// up brings the project, or some services with what they depend on, into the
// state of the file.
func (s *Supervisor) up(ctx context.Context, r *request, b api.UpRequest) error {
	if err := s.accept(&b.Project); err != nil {
		return err
	}
	selected, err := b.Project.WithDependencies(b.Services)
	if err != nil {
		return err
	}
	if b.NoDeps && len(b.Services) > 0 {
		selected = b.Services
	}
	ctx, t, err := s.queue.Enter(ctx, selected, true)
	if err != nil {
		return err
	}
	defer s.queue.Leave(t)
	images, err := s.images(ctx, r, b.Project.WithSteps(selected))
	if err != nil {
		return err
	}
	if err := s.commit(func() { s.desire(&b.Project) }); err != nil {
		return err
	}
	o, err := s.compared(&b.Project, images)
	if err != nil {
		return err
	}
	p, err := plan.Make(&b.Project, o, survey.Options(&b, images.IDs()))
	if err != nil {
		return err
	}
	if !b.NoStart {
		if err := s.rt.CheckPorts(created(p, &b.Project)); err != nil {
			return err
		}
	}
	sayUnchanged(r, o, p, selected)
	if !b.IgnoreOrphans {
		s.warnOrphans(r, p.Orphans)
	}
	defer s.sayNotices(r)
	x := &execution{s: s, r: r, project: &b.Project, images: images, order: policy.StopWithin(b.Timeout), renew: b.RenewVolumes}
	if err = x.execute(ctx, p); err == nil {
		err = s.ensure(ctx) // what is shared may have changed where no container does
	}
	if err != nil || !b.Wait {
		return err
	}
	return waits.Up(ctx, s, r, selected, b.WaitTimeout)
}

// created lists the services of which a plan creates a container.
func created(p *plan.Plan, of *project.Project) (list []*project.Service) {
	for _, op := range p.Operations {
		if svc, ok := of.Service(op.Service); ok && op.Kind == plan.Create && !slices.Contains(list, svc) {
			list = append(list, svc)
		}
	}
	return list
}

// accept refuses a project that could not be carried out later, and takes the
// contents of its configs and secrets out of it.
func (s *Supervisor) accept(p *project.Project) error {
	if err := vet.Project(p, s.cfg.Name); err != nil {
		return err
	}
	if err := s.rt.CheckUplink(s.ctx, p.Uplink); err != nil {
		return err
	}
	// Secrets are the runtime's from here on: what is left of the project goes
	// into records.
	contents := p.Contents
	p.Contents = nil
	return s.rt.KeepContents(contents)
}

// desire makes p the desired project. Containers take over what they need nothing for,
// such as depends_on (project/diff). Called on the loop.
func (s *Supervisor) desire(p *project.Project) {
	if p.Uplink == "" {
		p.Uplink = s.desired.Uplink
	}
	s.outdated = s.outdated || !sameShared(&s.desired, p)
	s.desired = *p
	for _, i := range s.instances {
		if svc, ok := p.Service(i.rec.Service.Name); ok && i.rec.OneOff == nil {
			own := &i.rec.Service
			diff.CopyNeutral(own, svc)
			if own.Resources.Same(svc.Resources) {
				own.Resources.Keys = svc.Resources.Keys // the same limits in other words
			}
		}
	}
}

// sayUnchanged names the containers that run already and stay as they are.
func sayUnchanged(r *request, o plan.Observed, p *plan.Plan, selected []string) {
	for _, c := range o.Containers {
		touched := slices.ContainsFunc(p.Operations, func(op plan.Operation) bool { return op.Object == c.Name })
		if c.State == plan.Running && !touched && slices.Contains(selected, c.Service) {
			r.Container(c.Name, "Running")
		}
	}
}

// warnOrphans names the containers whose service has left the file.
func (s *Supervisor) warnOrphans(r *request, names []string) {
	if len(names) > 0 {
		r.Warn("Project", s.cfg.Name, plan.OrphansWarning(names))
	}
}

// sayNotices passes on what the runtime has found out.
func (s *Supervisor) sayNotices(r *request) {
	for _, text := range s.rt.Notices() {
		r.Warn("Project", s.cfg.Name, text)
	}
}

// isCancel reports an error that is no failure of its own.
func isCancel(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, turns.ErrSuperseded) || errors.Is(err, door.ErrClientGone)
}
