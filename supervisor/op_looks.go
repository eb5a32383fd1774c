package supervisor

import (
	"context"
	"maps"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/looks"
)

// known is what there is to show.
func (s *Supervisor) known() (*looks.Known, error) {
	k := &looks.Known{Name: s.cfg.Name, Dirs: s.cfg.Dirs, Runtime: s.rt, PIDs: map[string]int{}}
	var err error
	if k.All, err = s.loop.Snapshot(nil); err != nil {
		return nil, err
	}
	return k, s.loop.Ask(func() {
		k.Project, k.Defined, k.Born = s.loop.Desired, maps.Clone(s.loop.Defined), s.loop.Born
		for name, i := range s.loop.Instances {
			if i.Run != nil {
				k.PIDs[name] = i.Run.PID
			}
		}
	})
}

// look answers the requests that only ask how things are.
func (s *Supervisor) look(ctx context.Context, r *request) (err error) {
	k, err := s.known()
	if err != nil {
		return err
	}
	var a api.Answer
	switch r.Op {
	case api.OpNetworks:
		a.Networks, err = k.Networks(ctx)
	case api.OpStats:
		a.Usage, err = k.Usage(ctx)
	case api.OpInfo:
		a.Info = &api.Info{Project: s.cfg.Name, Version: s.cfg.Version, PID: os.Getpid(), DataDir: s.cfg.Dirs.ProjectData(s.cfg.Name),
			WorkingDir: k.Project.WorkingDir, ConfigFiles: k.Project.ConfigFiles, Notices: k.Project.Notices}
	default:
		a.PS, a.Trouble = k.Containers(r.PS != nil && r.PS.Labels), s.rt.Trouble()
	}
	if err != nil {
		return err
	}
	return r.Send(a)
}
