package supervisor

import (
	"context"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// stats tells of all containers what they have used, of those that do not run
// that they exist.
func (s *Supervisor) stats(ctx context.Context, r *request) error {
	counted, err := s.rt.Usage(ctx)
	if err != nil {
		return err
	}
	at := make(map[string]int, len(counted))
	for i := range counted {
		at[counted[i].Name] = i
	}
	all, err := s.snapshot(nil)
	if err != nil {
		return err
	}
	list := make([]api.Usage, len(all))
	for n := range all {
		c := &all[n]
		u := &list[n]
		state := c.DockerState()
		if i, ok := at[c.Name]; ok && (state == Running.Docker() || state == Paused.Docker()) {
			*u = counted[i]
		}
		u.ID, u.Name, u.Service, u.Number = c.ID, c.Name, c.Service.Name, c.Number
		u.OneOff, u.State = c.OneOff != nil, state
	}
	return r.Send(api.Answer{Usage: list})
}
