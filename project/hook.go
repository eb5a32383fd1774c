package project

import (
	"fmt"
	"time"
)

// Hook is a command that is executed in a running container, as exec does: those of
// post_start and pre_stop, and what develop.watch executes after a sync (compose spec,
// "post_start").
type Hook struct {
	Command     []string `json:"command"`
	User        string   `json:"user,omitempty"`        // "" = the container's
	WorkingDir  string   `json:"working_dir,omitempty"` // "" = the container's
	Privileged  bool     `json:"privileged,omitempty"`
	Environment []string `json:"environment,omitempty"` // KEY=VALUE, sorted; over the container's
}

// InitContainer is one step of pre_start: a container that runs to its end before those
// of its service start (compose spec, "pre_start").
type InitContainer struct {
	// Service is what the container is made from: the service's own specification with
	// the step's over it. It has the name of the service, no ports, no health check and
	// no hooks; its mounts are the step's over those of the service.
	Service Service `json:"service"`
	// PerReplica: once for each container of the service, not once for all.
	PerReplica bool `json:"per_replica,omitempty"`
}

// Update is how the containers of a service are replaced when they have diverged
// (deploy.update_config), or come back when that has failed (deploy.rollback_config). The
// zero value: all at the same time, each stopped before its successor starts.
type Update struct {
	Parallelism     int           `json:"parallelism,omitempty"` // at a time; 0 = all
	Delay           time.Duration `json:"delay,omitempty"`       // ns, between groups
	StartFirst      bool          `json:"start_first,omitempty"` // the successor runs before the old one is stopped
	OnFailure       UpdateFailure `json:"on_failure,omitempty"`  // "" = pause
	Monitor         time.Duration `json:"monitor,omitempty"`     // ns; a container that ends or turns unhealthy within it has failed
	MaxFailureRatio float64       `json:"max_failure_ratio,omitempty"`
}

// UpdateFailure is what follows when a replaced container fails.
type UpdateFailure string

// The failure actions; a roll-back cannot be rolled back.
const (
	UpdatePause    UpdateFailure = "pause"    // stop replacing, and fail
	UpdateContinue UpdateFailure = "continue" // go on, and say it
	UpdateRollback UpdateFailure = "rollback" // bring back what was replaced, and fail
)

// Alone is why two containers of the service cannot be there at the same time, "" if they
// can.
func (s *Service) Alone() string {
	switch {
	case s.ContainerName != "":
		return "container_name can be that of one container"
	case s.FixedEndpoint() != nil:
		return "a fixed address can be that of one container"
	}
	for _, p := range s.Ports {
		if p.HostPort != 0 && p.HostPortEnd <= p.HostPort {
			return fmt.Sprintf("port %d of the host can be published by one container", p.HostPort)
		}
	}
	return ""
}

// Steps are the steps of pre_start as services, for who looks after their images: each
// with a name of its own, "web pre_start[0]".
func (s *Service) Steps() []Service {
	var out []Service
	for n := range s.PreStart {
		step := s.PreStart[n].Service
		step.Name = fmt.Sprintf("%s pre_start[%d]", s.Name, n)
		out = append(out, step)
	}
	return out
}

// WithSteps are the services with these names and the steps before them, as copies.
func (p *Project) WithSteps(names []string) (list []Service) {
	for _, name := range names {
		if s, ok := p.Service(name); ok {
			list = append(append(list, *s), s.Steps()...)
		}
	}
	return list
}
