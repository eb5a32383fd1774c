package supervisor

import (
	"context"
	"slices"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// wait waits for the ends of containers, and tells each as it comes. A restart
// policy may bring a container back: that is another run. A client that asks
// again, after the supervisor was replaced, learns what it has missed.
func (s *Supervisor) wait(ctx context.Context, r *request, b api.WaitRequest) error {
	all, err := s.loop.Snapshot(nil)
	if err != nil {
		return err
	}
	all = record.Filter(all, func(c *Replica) bool { return slices.Contains(b.IDs, c.ID) })
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var waits sync.WaitGroup
	var told sync.Mutex
	for _, c := range all {
		waits.Go(func() {
			code, err := s.loop.AwaitRun(ctx, c.Name)
			told.Lock()
			defer told.Unlock()
			if err == nil {
				err = r.Send(api.Answer{Waited: &api.Waited{ID: c.ID, Code: code}})
			}
			if err != nil {
				cancel(err)
			}
		})
	}
	waits.Wait()
	return context.Cause(ctx)
}
