// Package vet refuses requests that could not be carried out later, before anything is
// changed: pure.
package vet

import (
	"fmt"
	"syscall"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// Project looks at a project that the supervisor of the one called name was sent.
func Project(p *project.Project, name string) error {
	if p.Name != name {
		return fmt.Errorf("project %q was sent to the supervisor of project %q", p.Name, name)
	}
	for n := range p.Services {
		svc := &p.Services[n]
		if _, err := policy.ParseSignal(svc.StopSignal, syscall.SIGTERM); err != nil {
			return fmt.Errorf("service %q: stop_signal: %w", svc.Name, err)
		}
		if svc.ContainerName != "" && svc.Scale > 1 {
			return door.WithHint("remove container_name, or run one replica",
				fmt.Errorf("service %q: container_name %q cannot be shared by %d replicas", svc.Name, svc.ContainerName, svc.Scale))
		}
		if e := svc.FixedEndpoint(); e != nil && svc.Scale > 1 {
			return door.WithHint("remove the address, or run one replica",
				fmt.Errorf("service %q (%s:%d): %s on network %s cannot be the address of %d replicas", svc.Name, svc.Source.File, svc.Source.Line, e.Fixed(), e.Network, svc.Scale))
		}
	}
	return nil
}

// Run looks at the request of a run.
func Run(b *api.RunRequest) error {
	if len(b.ID) != 64 || len(b.Slug) != 64 || b.Name == "" || b.Service.Name == "" {
		return fmt.Errorf("run: incomplete request: the command line is of another version")
	}
	return nil
}

// Pausing says why a container in a state cannot be paused, unpaused or started now.
func Pausing(name, service string, state states.State, e states.Event) error {
	unpause := "mocker-compose unpause " + service
	switch {
	case e == states.CmdStart:
		return door.WithHint("run: "+unpause, fmt.Errorf("container %s: cannot start a paused container, try unpause instead", name))
	case e == states.CmdUnpause:
		return fmt.Errorf("container %s is not paused", name)
	case state == states.Paused:
		return door.WithHint("unpause it with: "+unpause, fmt.Errorf("container %s is already paused", name))
	}
	return fmt.Errorf("container %s is not running", name)
}
