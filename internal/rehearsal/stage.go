package rehearsal

import (
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
	"github.com/mocker-compose/mocker-compose/supervisor/survey"
)

// Stage is what a rehearsal is about.
type Stage struct {
	Live   *record.Live    // nil: there is no such project
	Images imageconfig.Set // of services, as far as they are in the store
	// Open are services whose image would be pulled or built: what comes of that is
	// not known, and taken to be the image that their containers have.
	Open []string
	Say  func(api.Progress)

	renewed map[string][]string // see Renewed; of the up that is told
}

// Perform tells what a request would do. The error is that of the request, or says
// that it cannot be rehearsed.
func (s *Stage) Perform(req *api.Request) error {
	if s.Live == nil {
		s.Live = &record.Live{}
	}
	switch req.Op {
	case api.OpUp:
		return s.up(req.Up)
	case api.OpRun:
		return s.run(req.Run)
	case api.OpDown:
		return s.down(req.Down)
	case api.OpStop:
		return s.stop(req.Stop)
	case api.OpStart:
		return s.start(req.Start)
	case api.OpRestart:
		return s.restart(req.Stop)
	case api.OpKill:
		s.kill(req.Kill)
	case api.OpPause:
		s.each(chosen(req.Pause.Services), "Paused", states.Running)
	case api.OpUnpause:
		s.each(chosen(req.Pause.Services), "Unpaused", states.Paused)
	case api.OpRemove:
		s.remove(req.Remove)
	default:
		return fmt.Errorf("--dry-run: what %s would do cannot be told without doing it", req.Op)
	}
	return nil
}

// Plan is that of an up.
func (s *Stage) Plan(b *api.UpRequest) (*plan.Plan, plan.Observed, error) {
	if s.Live == nil {
		s.Live = &record.Live{}
	}
	o := s.observed(&b.Project)
	p, err := plan.Make(&b.Project, o, survey.Options(b, s.ids()))
	return p, o, err
}

func (s *Stage) observed(p *project.Project) plan.Observed {
	o := survey.Of(s.Live, survey.Up)
	survey.Explain(&o, s.Live, p, s.Images)
	for i := range o.Containers {
		c := &o.Containers[i]
		if slices.Contains(s.Open, c.Service) { // their image is taken to stay: what it says is not known
			c.Image = ""
		}
	}
	return o
}

func (s *Stage) ids() map[string]string {
	ids := s.Images.IDs()
	for _, name := range s.Open {
		delete(ids, name)
	}
	return ids
}

func (s *Stage) container(name, status string) {
	s.Say(api.Progress{Kind: "Container", Name: name, Status: status})
}

func (s *Stage) up(b *api.UpRequest) error {
	p, o, err := s.Plan(b)
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
	s.unchanged(o, p, selected)
	s.orphans(&b.Project, p)
	s.renewed = s.Renewed(p, b)
	s.tell(p, o, manner{desired: &b.Project})
	if !b.Wait {
		return nil
	}
	for _, end := range p.Outcomes {
		if end.Action != plan.ToRemove && slices.Contains(selected, end.Service) {
			s.container(end.Name, "Waiting")
			s.container(end.Name, "Healthy")
		}
	}
	return nil
}

// unchanged names the containers that run and stay as they are.
func (s *Stage) unchanged(o plan.Observed, p *plan.Plan, selected []string) {
	for _, c := range o.Containers {
		touched := slices.ContainsFunc(p.Operations, func(op plan.Operation) bool { return op.Object == c.Name })
		if c.State == plan.Running && !touched && slices.Contains(selected, c.Service) {
			s.container(c.Name, "Running")
		}
	}
}

func (s *Stage) orphans(p *project.Project, of *plan.Plan) {
	if len(of.Orphans) > 0 {
		s.Say(api.Progress{Kind: "Project", Name: p.Name, Status: "Warning", Text: plan.OrphansWarning(of.Orphans)})
	}
}

func (s *Stage) run(b *api.RunRequest) error {
	needs, err := b.Project.WithDependencies([]string{b.Service.Name})
	if err != nil {
		return err
	}
	needs = slices.DeleteFunc(needs, func(n string) bool { return n == b.Service.Name })
	if b.NoDeps {
		needs = nil
	}
	o := s.observed(&b.Project)
	p, err := plan.MakeRun(&b.Project, o, &b.Service, plan.Options{Services: needs, NoDeps: b.NoDeps, RemoveOrphans: b.RemoveOrphans, Images: s.ids()})
	if err != nil {
		return err
	}
	s.unchanged(o, p, needs)
	s.orphans(&b.Project, p)
	s.tell(p, o, manner{desired: &b.Project})
	s.container(b.Name, "Creating")
	s.container(b.Name, "Created")
	return nil
}
