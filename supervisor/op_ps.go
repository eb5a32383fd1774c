package supervisor

import (
	"context"
	"os"

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
			all[n].ShowNetwork(&c, s.rt.Ports(&all[n].Container), s.rt.Attachments(&all[n].Container))
		}
		list = append(list, c)
	}
	return r.Send(api.Answer{PS: list, Trouble: s.rt.Trouble()})
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
