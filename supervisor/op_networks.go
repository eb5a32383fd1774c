package supervisor

import (
	"context"
	"maps"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/news"
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
	defined, born, err := s.networksMade()
	if err != nil {
		return err
	}
	for i := range list {
		n := &list[i]
		if d, ok := defined[n.Name]; ok {
			news.DescribeNetwork(n, s.cfg.Name, d, born[n.Name])
		}
		for j := range n.Endpoints {
			if c := known[n.Endpoints[j].Container]; c != nil {
				n.Endpoints[j].ID, n.Endpoints[j].Up = c.ID, c.State == Running
			}
		}
	}
	return r.Send(api.Answer{Networks: list})
}

// networksMade are the networks of the file, those that no file has any more, and
// when they were made.
func (s *Supervisor) networksMade() (defined map[string]project.Network, born map[string]time.Time, err error) {
	err = s.ask(func() {
		defined, born = maps.Clone(s.defined), s.born
		for _, n := range s.desired.Networks {
			defined = with(defined, n.Name, n)
		}
	})
	return defined, born, err
}
