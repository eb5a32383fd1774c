package supervisor

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/diff"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/survey"
)

// Whether what is neither up nor down counts as down or as up; see package survey.
const viewUp, viewDown = survey.Up, survey.Down

// live is the record of this moment, and what only the runtime knows.
func (s *Supervisor) live() (l *record.Live, err error) {
	l = &record.Live{}
	err = s.ask(func() {
		l.Record = s.record()
		l.Networks, l.Volumes = slices.Clone(s.networks), slices.Clone(s.volumes)
		l.Defined, l.Born = maps.Clone(s.defined), maps.Clone(s.born)
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
	return o, s.ask(func() { s.confirm(p, &o, images) })
}

// confirm notes what the containers were made of that need no change. Called on the loop.
func (s *Supervisor) confirm(p *project.Project, o *plan.Observed, images imageconfig.Set) {
	for _, c := range o.Containers {
		i, svc := s.instances[c.Name], service(p, c.Service)
		if i == nil || svc == nil || c.Made == nil || i.rec.Image.ID != images[c.Service].ID {
			continue
		}
		hash := p.Hash(svc)
		if i.rec.Made != nil && i.rec.Hash == hash || !plan.Same(p, c, svc) {
			continue
		}
		made := *svc
		i.rec.Made, i.rec.Hash, i.rec.Volumes = &made, hash, p.VolumesOf(svc)
		s.changed()
	}
}

func service(p *project.Project, name string) *project.Service {
	s, _ := p.Service(name)
	return s
}

// amend puts on record what changed of a container in place. Its health check starts
// anew if it is another one.
func (x *execution) amend(_ context.Context, op plan.Operation) error {
	svc, ok := x.project.Service(op.Service)
	if !ok {
		return nil
	}
	x.r.Container(op.Object, "Updating")
	merged := survey.Merged(svc, x.images)
	var c Container
	err := x.s.commit(func() {
		i := x.s.instances[op.Object]
		if i == nil {
			return
		}
		made := *svc
		if i.rec.Made != nil {
			made = *i.rec.Made
			diff.Copy(&made, svc, op.Changes)
		}
		diff.Copy(&i.rec.Service, merged, op.Changes)
		i.rec.Made, i.rec.Hash = &made, x.project.Hash(svc)
		if slices.ContainsFunc(op.Changes, func(c diff.Change) bool { return c.Field == "HealthCheck" || c.Field == "Ready" }) {
			x.s.checkAnew(i)
		}
		c = i.rec.Container
		x.s.emit(i, "update")
	})
	if err == nil && c.Name != "" && slices.ContainsFunc(op.Changes, func(c diff.Change) bool { return strings.HasPrefix(c.Field, "Log") }) {
		err = x.s.rt.Relog(&c)
	}
	if err != nil {
		return x.failure(op.Object, err)
	}
	x.r.Container(op.Object, "Updated")
	return nil
}
