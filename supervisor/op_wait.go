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
	all, err := s.snapshot(nil)
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
			code, err := s.awaitRun(ctx, c.Name)
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

// awaitRun waits for the end of a container's present run, or of its next one
// if it is just between two.
func (s *Supervisor) awaitRun(ctx context.Context, name string) (code int, err error) {
	return s.awaitExit(ctx, name, func(i *instance, seen bool) bool {
		return !seen && !i.rec.Final() && i.rec.State != Ending
	})
}

// awaitExit waits for the end of a container's present run, and then as long as
// pending says so; seen tells it whether there was a run.
func (s *Supervisor) awaitExit(ctx context.Context, name string, pending func(i *instance, seen bool) bool) (code int, err error) {
	var seen *Run
	err = s.await(ctx, func() (bool, error) {
		i := s.instances[name]
		if i == nil {
			return true, nil
		}
		if i.run != nil && (seen == nil || seen == i.run) {
			seen = i.run
			return false, nil
		}
		if pending(i, seen != nil) {
			return false, nil
		}
		if i.rec.Exit != nil {
			code = i.rec.Exit.Code
		}
		return true, nil
	})
	return code, err
}
