package supervisor

import (
	"context"
	"maps"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// Labels of docker compose on a network.
const (
	labelProject = "com.docker.compose.project"
	labelNetwork = "com.docker.compose.network"
)

// showNetworks tells what networks the project is on, and who stands there.
func (s *Supervisor) showNetworks(ctx context.Context, r *request) error {
	list, err := s.rt.Networks(ctx)
	if err != nil {
		return err
	}
	all, err := s.snapshot(nil)
	if err != nil {
		return err
	}
	known := map[string]*Replica{}
	for i := range all {
		known[all[i].Name] = &all[i]
	}
	var defined []project.Network
	if err := s.ask(func() { defined = s.desired.Networks }); err != nil {
		return err
	}
	for i := range list {
		n := &list[i]
		for _, d := range defined {
			if d.Name == n.Name {
				s.describe(n, d)
			}
		}
		for j := range n.Endpoints {
			if c := known[n.Endpoints[j].Container]; c != nil {
				n.Endpoints[j].ID, n.Endpoints[j].Up = c.ID, c.State == Running
			}
		}
	}
	return r.Send(api.Answer{Networks: list})
}

// describe adds what the file says of a network. One that belongs to no project
// is described elsewhere.
func (s *Supervisor) describe(n *api.Network, d project.Network) {
	if n.External {
		return
	}
	n.Project, n.Key, n.Attachable = s.cfg.Name, d.Key, d.Attachable
	n.ID = s.networkID(n.Name)
	n.Labels = map[string]string{}
	maps.Copy(n.Labels, d.Labels)
	n.Labels[labelProject], n.Labels[labelNetwork] = s.cfg.Name, d.Key
	for i := range n.Subnets {
		for _, s := range d.Subnets {
			if s.Subnet == n.Subnets[i].Subnet {
				n.Subnets[i].IPRange, n.Subnets[i].Aux = s.IPRange, s.Aux
			}
		}
	}
}
