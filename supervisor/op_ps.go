package supervisor

import (
	"context"
	"maps"
	"os"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// ps tells what exists and how it is.
func (s *Supervisor) ps(_ context.Context, r *request, b api.PSRequest) error {
	all, err := s.snapshot(nil)
	if err != nil {
		return err
	}
	pids := map[string]int{}
	var p project.Project
	err = s.ask(func() {
		p = s.desired
		for name, i := range s.instances {
			if i.run != nil {
				pids[name] = i.run.PID
			}
		}
	})
	if err != nil {
		return err
	}
	list := make([]api.Container, 0, len(all))
	for n := range all {
		c := all[n].Show(&p, s.cfg.Dirs)
		c.PID = pids[c.Name]
		if b.Labels {
			c.Labels = all[n].Labels(&p)
		}
		if c.PID != 0 {
			s.showNetwork(&c, &all[n].Container)
		}
		list = append(list, c)
	}
	return r.Send(api.Answer{PS: list, Trouble: s.rt.Trouble()})
}

// showNetwork adds what only the kernel knows of a running container.
func (s *Supervisor) showNetwork(c *api.Container, of *Container) {
	for _, p := range s.rt.Ports(of) {
		c.Ports = append(c.Ports, api.Port{HostIP: p.HostIP, Published: p.Bound, Target: p.Target, Protocol: p.Protocol})
	}
	if of.Service.NetworkMode != "host" && !of.Service.JoinsNetwork() {
		c.Ports = append(c.Ports, unpublished(of.Service.ExposedPorts(), c.Ports)...)
	}
	at := s.rt.Attachments(of)
	if len(at) == 0 {
		return
	}
	c.Addresses = map[string]string{}
	for _, a := range at {
		c.Addresses[a.Network] = a.IPv4
	}
	c.Networks = slices.Sorted(maps.Keys(c.Addresses))
}

// unpublished are the exposed ports that are published nowhere, as docker lists
// them: without an address of the host.
func unpublished(exposed []project.Port, published []api.Port) (list []api.Port) {
	for _, p := range exposed {
		if !slices.ContainsFunc(published, func(q api.Port) bool { return q.Target == p.Target && q.Protocol == p.Protocol }) {
			list = append(list, api.Port{Target: p.Target, Protocol: p.Protocol})
		}
	}
	return list
}

// info tells what this supervisor serves.
func (s *Supervisor) info(r *request) error {
	i := api.Info{Project: s.cfg.Name, Version: s.cfg.Version, PID: os.Getpid(), DataDir: s.cfg.Dirs.ProjectData(s.cfg.Name)}
	err := s.ask(func() {
		i.WorkingDir, i.ConfigFiles, i.Notices = s.desired.WorkingDir, s.desired.ConfigFiles, s.desired.Notices
	})
	if err != nil {
		return err
	}
	return r.Send(api.Answer{Info: &i})
}
