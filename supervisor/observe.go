package supervisor

import (
	"maps"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// view says from which side a plan looks at what is neither up nor down.
type view int

const (
	viewUp   view = iota // to bring up: what is not surely up counts as down
	viewDown             // to bring down: what is not surely down counts as up
)

// state is the plan's word for where a container stands. For bringing up, one
// that starts, or waits for its back-off, is started: then the command learns
// how it went.
func (v view) state(r *Replica) plan.State {
	settled := r.State.Settled() && !(r.Held && r.Desired == WantRunning)
	up := r.State == Running && r.Desired == WantRunning && !r.Held
	switch {
	case v == viewUp && up, v == viewDown && !settled && r.State != Creating:
		return plan.Running
	case r.State == Creating, r.State == Created:
		return plan.Created
	}
	return plan.Exited
}

// endpoints are where a container stands by its record, and whether it does.
func (s *Supervisor) endpoints(r *Replica) (all []plan.Endpoint) {
	at := s.rt.Attachments(&r.Container)
	for _, e := range r.Service.Endpoints {
		name := r.NetworkName(e.Network)
		there := at == nil || slices.ContainsFunc(at, func(a Attachment) bool { return a.Network == name })
		all = append(all, plan.Endpoint{Network: name, Spec: e, Lost: !there})
	}
	return all
}

// holding are the limits that surely hold for a container.
func holding(r *Replica) project.Resources {
	if r.Limited != nil {
		return *r.Limited
	}
	return r.Service.Resources
}

// observe is what exists, as plans see it, and what is known of the project.
func (s *Supervisor) observe(v view) (o plan.Observed, p *project.Project, err error) {
	all, err := s.snapshot(nil)
	if err != nil {
		return o, nil, err
	}
	for n := range all {
		r := &all[n]
		if r.OneOff != nil && r.OneOff.Remove && v == viewUp {
			continue // it goes by itself
		}
		if r.OneOff != nil {
			o.OneOffs = append(o.OneOffs, s.observeOneOff(r, v))
			continue
		}
		o.Containers = append(o.Containers, plan.Container{
			Name: r.Name, Service: r.Service.Name, Number: r.Number, Hash: r.Hash, NetMode: r.Service.NetworkMode, Image: r.Image.ID, State: v.state(r), Endpoints: s.endpoints(r), Resources: holding(r),
		})
	}
	err = s.ask(func() {
		o.Networks, o.Defined, o.Volumes = slices.Clone(s.networks), maps.Clone(s.defined), slices.Clone(s.volumes)
		known := s.desired
		p = &known
	})
	if err != nil {
		return o, nil, err
	}
	p.Services = record.Services(p.Services, all)
	return o, p, nil
}
