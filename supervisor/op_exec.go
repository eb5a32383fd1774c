package supervisor

import (
	"context"
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/inside"
	"github.com/mocker-compose/mocker-compose/supervisor/lifecycle"
)

// exec executes a command in a running container. An attached command whose
// client goes away is killed, so that it cannot stay behind unseen; a detached
// one is the container's from the start and ends with it.
func (s *Supervisor) exec(ctx context.Context, r *request, b api.ExecRequest) error {
	if len(b.Args) == 0 {
		return fmt.Errorf("exec in service %q: no command given", b.Service)
	}
	target, err := s.execTarget(&b)
	if err != nil {
		return err
	}
	c := &target.Container
	files, err := inside.Files(r.Files, &b)
	if err != nil {
		return err
	}
	spec := ExecSpec{
		Args: b.Args, Env: b.Env, User: b.User, WorkingDir: b.WorkingDir,
		Privileged: b.Privileged, TTY: b.TTY, Detach: b.Detach, Rows: b.Rows, Cols: b.Cols,
	}
	// From here on the command may have effects: the client must not repeat it.
	if err := r.Send(api.Answer{}); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, lifecycle.StartLimit)
	defer cancel()
	run, master, err := s.rt.Exec(within, c, spec, files)
	if err != nil {
		if s.overtaken(ctx, target, err) {
			return fmt.Errorf("exec in container %s: it ended while the command was started", c.Name)
		}
		return inside.Failure(c.Name, err)
	}
	s.loop.KeepPaused(c.Name)
	died := s.loop.ExecEvents(c, b.Args)
	r.CloseFiles() // the command has them now; its reader must see its end
	if master != nil {
		defer master.Close()
		err = r.Send(api.Answer{Started: &api.Started{PID: run.PID}}, master)
	} else {
		err = r.Send(api.Answer{Started: &api.Started{PID: run.PID}})
	}
	if b.Detach && err == nil {
		s.loop.Spawn(func() {
			select {
			case e := <-run.Done:
				died(e.Code)
			case <-s.loop.Context().Done():
			}
		})
		return nil
	}
	return inside.Follow(ctx, r, run, master, func() {
		if err := s.rt.Kill(run); err != nil {
			s.loop.Report(fmt.Sprintf("end a command in container %s: %v", c.Name, err))
		}
	}, died)
}

// overtaken reports that an exec failed because its container ended meanwhile, which
// may take a moment to be known.
func (s *Supervisor) overtaken(ctx context.Context, r *Replica, err error) bool {
	within, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return inside.KilledThere(err) && s.loop.Await(within, func() (bool, error) {
		i := s.loop.Instances[r.Name]
		return i == nil || i.Rec.ID != r.ID || i.Rec.Run != r.Run || i.Run == nil, nil
	}) == nil
}

// execTarget finds the container: the one with the number, or the first that runs.
func (s *Supervisor) execTarget(b *api.ExecRequest) (*Replica, error) {
	r, err := s.target(b.Service, b.Index)
	if err != nil {
		return nil, err
	}
	switch r.State {
	case Running, Stopping:
		return r, nil
	case Paused:
		return nil, door.WithHint("run: mocker-compose unpause "+b.Service, fmt.Errorf("container %s is paused, unpause the container before exec", r.Name))
	}
	return nil, fmt.Errorf("container %s is restarting, wait until the container is running", r.Name)
}
