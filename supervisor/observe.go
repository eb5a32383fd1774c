package supervisor

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/survey"
)

// Whether what is neither up nor down counts as down or as up; see package survey.
const viewUp, viewDown = survey.Up, survey.Down

// live is the record of this moment, and what only the runtime knows.
func (s *Supervisor) live() (l *record.Live, err error) {
	l = &record.Live{}
	err = s.loop.Ask(func() {
		l.Record = s.loop.Record()
		l.Networks, l.Volumes = slices.Clone(s.loop.Networks), slices.Clone(s.loop.Volumes)
		l.Defined, l.Born = maps.Clone(s.loop.Defined), maps.Clone(s.loop.Born)
	})
	if err != nil {
		return nil, err
	}
	l.Lost = map[string][]string{}
	for n := range l.Containers {
		r := &l.Containers[n]
		at := s.rt.Attachments(&r.Container)
		for _, e := range r.Service.Endpoints {
			name := r.NetworkName(e.Network)
			if at != nil && !slices.ContainsFunc(at, func(a Attachment) bool { return a.Network == name }) {
				l.Lost[r.Name] = append(l.Lost[r.Name], name)
			}
		}
	}
	return l, nil
}

// tellRecord answers who wants to make a plan himself, and changes nothing.
func (s *Supervisor) tellRecord(_ context.Context, r *request) error {
	l, err := s.live()
	if err != nil {
		return err
	}
	data, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return r.Send(api.Answer{Record: data})
}

// observe is what exists, as plans see it, and what is known of the project.
func (s *Supervisor) observe(v survey.View) (plan.Observed, *project.Project, error) {
	l, err := s.live()
	if err != nil {
		return plan.Observed{}, nil, err
	}
	return survey.Of(l, v), survey.Known(l), nil
}

// compared is observe for an up of p: what is not on record of a container is made out,
// and containers that differ in nothing are put on record as made of p.
func (s *Supervisor) compared(p *project.Project, images imageconfig.Set) (o plan.Observed, err error) {
	l, err := s.live()
	if err != nil {
		return o, err
	}
	o = survey.Of(l, viewUp)
	survey.Explain(&o, l, p, images)
	return o, s.loop.Ask(func() { s.confirm(p, &o, images) })
}

// confirm notes what the containers were made of that need no change. Called on the loop.
func (s *Supervisor) confirm(p *project.Project, o *plan.Observed, images imageconfig.Set) {
	for _, c := range o.Containers {
		i, svc := s.loop.Instances[c.Name], service(p, c.Service)
		if i == nil || svc == nil || c.Made == nil || i.Rec.Image.ID != images[c.Service].ID {
			continue
		}
		hash := p.Hash(svc)
		if i.Rec.Made != nil && i.Rec.Hash == hash || !plan.Same(p, c, svc) {
			continue
		}
		made := *svc
		i.Rec.Made, i.Rec.Hash, i.Rec.Volumes = &made, hash, p.VolumesOf(svc)
		s.loop.Changed()
	}
}

func service(p *project.Project, name string) *project.Service {
	s, _ := p.Service(name)
	return s
}
