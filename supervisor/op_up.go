package supervisor

import (
	"context"
	"maps"
	"reflect"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/diff"
	"github.com/mocker-compose/mocker-compose/supervisor/execution"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/survey"
	"github.com/mocker-compose/mocker-compose/supervisor/waits"
)

// up brings the project, or some services with what they depend on, into the
// state of the file.
func (s *Supervisor) up(ctx context.Context, r *request, b api.UpRequest) error {
	contents, err := s.accept(&b.Project)
	if err != nil {
		return err
	}
	selected, err := b.Project.WithDependencies(b.Services)
	if err != nil {
		return err
	}
	if b.NoDeps && len(b.Services) > 0 {
		selected = b.Services
	}
	ctx, t, err := s.enter(ctx, r, selected, true)
	if err != nil {
		return err
	}
	defer s.queue.Leave(t)
	if err := s.keepContents(contents); err != nil {
		return err
	}
	defer s.forgetContents()
	images, err := execution.FindImages(ctx, s.rt, r, b.Project.WithSteps(selected))
	if err != nil {
		return err
	}
	if err := s.loop.Commit(func() { s.desire(&b.Project) }); err != nil {
		return err
	}
	x := &execution.Execution{Loop: s.loop, Runtime: s.rt, Request: r, Project: &b.Project, Images: images, Order: policy.StopWithin(b.Timeout), Renew: b.RenewVolumes}
	defer s.endRollouts(selected)
	if err := x.ResumeRollbacks(ctx, selected); err != nil {
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
	if err = x.Execute(ctx, p); err == nil {
		err = s.loop.Ensure(ctx) // what is shared may have changed where no container does
	}
	if err != nil || !b.Wait {
		return err
	}
	return waits.Up(ctx, s.loop.Conditions(), r, selected, b.WaitTimeout)
}

// endRollouts forgets the rollouts of services (empty = all): whatever became of them, it
// is over. When the supervisor ends it is not.
func (s *Supervisor) endRollouts(services []string) {
	if s.loop.Context().Err() != nil {
		return
	}
	_ = s.loop.Ask(func() { // else it ends meanwhile
		kept := maps.Clone(s.loop.Rollouts)
		maps.DeleteFunc(kept, func(name string, _ record.Rollout) bool { return len(services) == 0 || slices.Contains(services, name) })
		if len(kept) != len(s.loop.Rollouts) {
			s.loop.Rollouts = kept
			s.loop.Changed()
		}
	})
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

// desire makes p the desired project. Containers take over what they need nothing for,
// such as depends_on (project/diff). Called on the loop.
func (s *Supervisor) desire(p *project.Project) {
	if p.Uplink == "" {
		p.Uplink = s.loop.Desired.Uplink
	}
	s.loop.Outdated = s.loop.Outdated || !sameShared(&s.loop.Desired, p)
	s.loop.Desired = *p
	for _, i := range s.loop.Instances {
		if svc, ok := p.Service(i.Rec.Service.Name); ok && i.Rec.OneOff == nil {
			own := &i.Rec.Service
			diff.CopyNeutral(own, svc)
			if own.Resources.Same(svc.Resources) {
				own.Resources.Keys = svc.Resources.Keys // the same limits in other words
			}
		}
	}
}

// sameShared reports that two projects share the same networks, uplink and volumes.
func sameShared(a, b *project.Project) bool {
	return a.Uplink == b.Uplink && reflect.DeepEqual(a.Networks, b.Networks) && reflect.DeepEqual(a.Volumes, b.Volumes)
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
	execution.SayNotices(s.rt, r, s.cfg.Name)
}
