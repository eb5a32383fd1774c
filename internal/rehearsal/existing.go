package rehearsal

import (
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
	"github.com/mocker-compose/mocker-compose/supervisor/survey"
)

// Requests about containers that exist.

// chosen accepts the containers of services, and those of run that are named.
func chosen(services []string) func(*record.Replica) bool {
	return func(r *record.Replica) bool { return r.Chosen(services) }
}

// split tells the services among names from the one-off containers.
func (s *Stage) split(names []string) (services []string, oneOffs []*record.Replica) {
	for _, name := range names {
		found := false
		for i := range s.Live.Containers {
			if r := &s.Live.Containers[i]; r.OneOff != nil && r.Called(name) {
				oneOffs, found = append(oneOffs, r), true
			}
		}
		if !found {
			services = append(services, name)
		}
	}
	return services, oneOffs
}

func (s *Stage) stop(b *api.StopRequest) error {
	o, known := survey.Of(s.Live, survey.Down), survey.Known(s.Live)
	services, oneOffs := s.split(b.Services)
	for _, r := range oneOffs {
		if !r.State.Settled() {
			s.container(r.Name, "Stopping")
			s.container(r.Name, "Stopped")
		}
	}
	if len(oneOffs) > 0 && len(services) == 0 {
		return nil
	}
	p, err := plan.MakeStop(known, o, services)
	if err == nil {
		s.tell(p, o, manner{})
	}
	return err
}

// startNamed tells of the start of one-off containers; all: nothing else was named.
func (s *Stage) startNamed(names []string, again bool) (services []string, all bool) {
	services, oneOffs := s.split(names)
	for _, r := range oneOffs {
		if again && !r.State.Settled() {
			s.container(r.Name, "Restarting")
		}
		if again || r.State.Settled() {
			s.container(r.Name, "Starting")
			s.container(r.Name, "Started")
		}
	}
	return services, len(oneOffs) > 0 && len(services) == 0
}

func (s *Stage) start(b *api.StartRequest) error {
	o, known := survey.Of(s.Live, survey.Up), survey.Known(s.Live)
	services, all := s.startNamed(b.Services, false)
	if all {
		return nil
	}
	p, err := plan.MakeStart(known, o, services)
	if err == nil {
		s.tell(p, o, manner{})
	}
	return err
}

func (s *Stage) restart(b *api.StopRequest) error {
	o, known := survey.Of(s.Live, survey.Down), survey.Known(s.Live)
	services, all := s.startNamed(b.Services, true)
	if all {
		return nil
	}
	p, err := plan.MakeRestart(known, o, services, b.NoDeps)
	if err == nil {
		s.tell(p, o, manner{restart: true})
	}
	return err
}

func (s *Stage) down(b *api.DownRequest) error {
	o, known := survey.Of(s.Live, survey.Down), survey.Known(s.Live)
	if len(b.Known) > 0 {
		known.Services = slices.DeleteFunc(known.Services, func(svc project.Service) bool { return !slices.Contains(b.Known, svc.Name) })
		known.Disabled = nil
	}
	for _, v := range b.Left {
		if !slices.ContainsFunc(known.Volumes, func(k project.Volume) bool { return k.Name == v.Name }) {
			known.Volumes = append(known.Volumes, v)
		}
		if !slices.Contains(o.Volumes, v.Name) {
			o.Volumes = append(o.Volumes, v.Name)
		}
	}
	p := plan.MakeDown(known, o, plan.DownOptions{Services: b.Services, RemoveOrphans: b.RemoveOrphans, Volumes: b.Volumes})
	s.tell(p, o, manner{})
	if len(b.Services) == 0 {
		s.orphans(known, p)
	}
	return nil
}

func (s *Stage) kill(b *api.KillRequest) {
	var known []string
	for i := range s.Live.Project.Services {
		known = append(known, s.Live.Project.Services[i].Name)
	}
	known = append(known, s.Live.Project.Disabled...)
	for i := range s.Live.Containers {
		r := &s.Live.Containers[i]
		meant := r.Chosen(b.Services) && (b.Container == "" || r.ID == b.Container)
		orphan := b.RemoveOrphans && !slices.Contains(known, r.Service.Name)
		if r.Live() && (meant || orphan) {
			s.container(r.Name, "Killing")
			s.container(r.Name, "Killed")
		}
	}
}

// each tells of the containers in a state that are chosen.
func (s *Stage) each(meant func(*record.Replica) bool, status string, in states.State) {
	for i := range s.Live.Containers {
		if r := &s.Live.Containers[i]; r.State == in && meant(r) {
			s.container(r.Name, status)
		}
	}
}

func (s *Stage) remove(b *api.RemoveRequest) {
	for i := range s.Live.Containers {
		if r := &s.Live.Containers[i]; slices.Contains(b.Names, r.Name) {
			s.container(r.Name, "Removing")
			s.container(r.Name, "Removed")
		}
	}
}
