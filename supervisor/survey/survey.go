// Package survey is what exists of a project as plans see it, made of its record. A
// supervisor looks at its own so; a command that only shows a plan looks so at what a
// supervisor told it, or at what the last one has left. So both come to the same plan.
package survey

import (
	"maps"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// View says from which side a plan looks at what is neither up nor down.
type View int

// The views.
const (
	Up   View = iota // to bring up: what is not surely up counts as down
	Down             // to bring down: what is not surely down counts as up
)

// state is the plan's word for where a container stands. For bringing up, one
// that starts, or waits for its back-off, is started: then the command learns
// how it went.
func (v View) state(r *record.Replica) plan.State {
	settled := r.State.Settled() && !(r.Held && r.Desired == states.WantRunning)
	up := r.State == states.Running && r.Desired == states.WantRunning && !r.Held && !r.Setup
	switch {
	case v == Up && up, v == Down && !settled && r.State != states.Creating:
		return plan.Running
	case r.State == states.Creating, r.State == states.Created:
		return plan.Created
	}
	return plan.Exited
}

// Of is what exists, by a record.
func Of(live *record.Live, v View) (o plan.Observed) {
	for n := range live.Containers {
		r := &live.Containers[n]
		if r.OneOff != nil && r.OneOff.Remove && v == Up {
			continue // it goes by itself
		}
		c := plan.Container{Name: r.Name, Service: r.Service.Name, Number: r.Number, State: v.state(r), Endpoints: endpoints(r, live.Lost[r.Name])}
		if r.OneOff != nil {
			o.OneOffs = append(o.OneOffs, c)
			continue
		}
		c.Hash, c.NetMode, c.Image, c.Resources = r.Hash, r.Service.NetworkMode, r.Image.ID, holding(r)
		c.Made, c.Volumes, c.Anonymous = r.Made, r.Volumes, slices.ContainsFunc(r.Service.Mounts, project.Mount.Anonymous)
		o.Containers = append(o.Containers, c)
	}
	o.Networks, o.Defined, o.Volumes = slices.Clone(live.Networks), maps.Clone(live.Defined), slices.Clone(live.Volumes)
	return o
}

// Known is what is known of the project: the services as their containers were made,
// and those of the last file that have none.
func Known(live *record.Live) *project.Project {
	p := live.Project
	p.Services = record.Services(p.Services, live.Containers)
	return &p
}

// endpoints are where a container stands by its record, and whether it does.
func endpoints(r *record.Replica, lost []string) (all []plan.Endpoint) {
	for _, e := range r.Service.Endpoints {
		name := r.NetworkName(e.Network)
		all = append(all, plan.Endpoint{Network: name, Spec: e, Lost: slices.Contains(lost, name)})
	}
	return all
}

// holding are the limits that surely hold for a container.
func holding(r *record.Replica) project.Resources {
	if r.Limited != nil {
		return *r.Limited
	}
	return r.Service.Resources
}

// Explain completes the containers of which it is not recorded what they were made of:
// those of versions that kept only what the image and the file came to together. The
// file of now comes to something together with the same image, too; so such a
// container is not replaced just because its supervisor is of another version.
func Explain(o *plan.Observed, live *record.Live, p *project.Project, images imageconfig.Set) {
	for i := range o.Containers {
		c := &o.Containers[i]
		s, ok := p.Service(c.Service)
		if c.Made != nil || !ok || c.Image != images[c.Service].ID {
			continue
		}
		for n := range live.Containers {
			if r := &live.Containers[n]; r.Name == c.Name {
				c.Made, c.Wanted = &r.Service, Merged(s, images)
			}
		}
	}
}

// Merged is a service as a container of it has it: over its image.
func Merged(s *project.Service, images imageconfig.Set) *project.Service {
	img, ok := images[s.Name]
	if !ok || img.ID == "" {
		return s
	}
	merged, _ := imageconfig.Apply(*s, &img.Config)
	return &merged
}

// Options are those of the plan that a request to bring up asks for; images are the ids
// of the services' images.
func Options(b *api.UpRequest, images map[string]string) plan.Options {
	return plan.Options{
		Services: b.Services, Recreate: plan.Recreate(b.Recreate), RecreateDeps: plan.Recreate(b.RecreateDeps), NoDeps: b.NoDeps,
		NoStart: b.NoStart, RemoveOrphans: b.RemoveOrphans, Images: images, Discard: b.Discard,
	}
}
