package supervisor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/giveback"
	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/lifecycle"
	"github.com/mocker-compose/mocker-compose/supervisor/turns"
)

// request is one request being carried out.
type request = door.Request

// answer carries a request out and sends the last answer. A request that this
// supervisor ends too early to serve gets none: the client finds the connection
// closed, and asks the next supervisor.
func (s *Supervisor) answer(ctx context.Context, r *request) {
	r.Begin()
	defer r.Close()
	err := s.carryOut(ctx, r)
	ended := errors.Is(err, ErrProjectEnded)
	if !ended && err != nil && (errors.Is(err, lifecycle.ErrStopped) || errors.Is(err, turns.ErrClosed) || s.loop.HolderDied(err) || s.loop.Context().Err() != nil) {
		return
	}
	if ended {
		err = nil
	}
	if errors.Is(err, context.Canceled) {
		err = turns.ErrSuperseded // the step says that it was told to end, and not by whom
	}
	if ended {
		// A client that does not read must not keep a dead project.
		defer time.AfterFunc(lastWords, func() { s.finish(ErrProjectEnded) }).Stop()
	}
	r.Flush()
	_ = r.Send(door.AnswerFor(err))
	if ended {
		s.finish(ErrProjectEnded)
	}
}

func (s *Supervisor) carryOut(ctx context.Context, r *request) error {
	switch r.Op {
	case api.OpUp:
		defer giveback.Soon() // a project's model and fifty starts are the most garbage that there is
		return s.noted(r.Op, withBody(ctx, r, r.Up, s.up))
	case api.OpDown:
		return withBody(ctx, r, r.Down, s.down)
	case api.OpStop:
		return withBody(ctx, r, r.Stop, s.stop)
	case api.OpStart:
		return s.noted(r.Op, withBody(ctx, r, r.Start, s.start))
	case api.OpRestart:
		return withBody(ctx, r, r.Stop, s.restart)
	case api.OpKill:
		return withBody(ctx, r, r.Kill, s.kill)
	case api.OpExec:
		return withBody(ctx, r, r.Exec, s.exec)
	case api.OpCopy:
		return withBody(ctx, r, r.Copy, s.copyFiles)
	case api.OpEvents:
		return withBody(ctx, r, r.Events, s.events)
	case api.OpRun:
		return withBody(ctx, r, r.Run, s.run)
	case api.OpPause, api.OpUnpause:
		return withBody(ctx, r, r.Pause, s.pause)
	case api.OpWait:
		return withBody(ctx, r, r.Wait, s.wait)
	case api.OpRemove:
		return withBody(ctx, r, r.Remove, s.rm)
	case api.OpAttach:
		return withBody(ctx, r, r.Attach, s.attach)
	case api.OpRecord:
		return s.tellRecord(ctx, r)
	case api.OpPS, api.OpNetworks, api.OpStats, api.OpInfo:
		return s.look(ctx, r)
	}
	return fmt.Errorf("unknown request %q: the supervisor is of another version; run down, then up", r.Op)
}

// enter waits for the turn of a request (package turns), and tells its client: supervisors
// that die before do not die of it.
func (s *Supervisor) enter(ctx context.Context, r *request, services []string, yields bool) (context.Context, *turns.Ticket, error) {
	ctx, t, err := s.queue.Enter(ctx, services, yields, func() { r.Turn(api.TurnWaits) })
	if err == nil {
		r.Turn(api.TurnHas)
	}
	return ctx, t, err
}

// withBody calls do with the request's body; a missing one is the zero value.
func withBody[B any](ctx context.Context, r *request, body *B, do func(context.Context, *request, B) error) error {
	var b B
	if body != nil {
		b = *body
	}
	return do(ctx, r, b)
}
