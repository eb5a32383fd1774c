package host

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// LogTail implements supervisor.Runtime.
func (r *Runtime) LogTail(ctx context.Context, sc *supervisor.Container, since time.Time, lines int) (string, error) {
	return r.logs.Tail(ctx, sc, since, lines)
}

// Relog implements supervisor.Runtime.
func (r *Runtime) Relog(sc *supervisor.Container) error { return r.logs.Change(sc) }

// HoldLog keeps the container's log from rotation (logs.HoldAll).
func (r *Runtime) HoldLog(sc *supervisor.Container) (*os.File, error) {
	return r.logs.Hold(sc.Name)
}

// output are the pipes of the log that a container writes into: a step of pre_start
// writes into that of the container that it is for.
func (r *Runtime) output(c *container) [2]*os.File {
	if of := r.lookup(c.logs); of != nil {
		return of.out
	}
	return c.out
}

// Log are duplicates of the pipes of the container's log.
func (r *Runtime) Log(sc *supervisor.Container) (files [2]*os.File, err error) {
	c := r.lookup(sc.Name)
	if c == nil || c.out[0] == nil || c.out[1] == nil {
		return files, errors.New("the container has no log")
	}
	if files[0], err = wire.Duplicate(c.out[0]); err != nil {
		return files, err
	}
	if files[1], err = wire.Duplicate(c.out[1]); err != nil {
		files[0].Close()
	}
	return files, err
}
