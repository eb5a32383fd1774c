package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// errBroken: the supervisor went away in the middle of a request.
var errBroken = errors.New("the connection to the supervisor broke")

// deathsLimit is how many supervisors may die under one request. A few kills
// are an accident; so many are the request's fault.
const deathsLimit = 20

// Call sends a request to whoever serves the project, and hands each answer to
// on (nil: ignore them). When the supervisor dies meanwhile, its successor is
// asked again, so on may see answers twice. The error of the last answer is
// returned, or errNotRunning: Call starts nothing.
func (e *Env) Call(ctx context.Context, name string, req api.Request, on func(*api.Answer) error) error {
	return e.call(ctx, name, asking, req, on)
}

func (e *Env) call(ctx context.Context, name string, how reach, req api.Request, on func(*api.Answer) error) error {
	req.Parallel = max(e.Parallel(), 0)
	if e.Global.DryRun && !looks(req.Op) {
		return e.rehearse(ctx, name, &req, on)
	}
	for deaths := 1; ; deaths++ {
		c, err := e.connect(ctx, name, how)
		if err != nil {
			return err
		}
		err = exchange(ctx, c, req, on)
		if !errors.Is(err, errBroken) || ctx.Err() != nil {
			return err
		}
		if err := e.another(ctx, name, deaths); err != nil {
			return err
		}
	}
}

// looks reports that a request changes nothing.
func looks(op api.Op) bool {
	switch op {
	case api.OpPS, api.OpEvents, api.OpInfo, api.OpNetworks, api.OpStats, api.OpRecord, api.OpWait:
		return true
	}
	return false
}

// Once is Call for one connection. gone: nobody serves the project, or whoever did went
// away meanwhile.
func (e *Env) Once(ctx context.Context, name string, req api.Request, on func(*api.Answer) error) (gone bool, err error) {
	c, err := e.connect(ctx, name, asking)
	if err == nil {
		err = exchange(ctx, c, req, on)
	}
	return errors.Is(err, errNotRunning) || errors.Is(err, errBroken), err
}

// another waits a moment for the next supervisor, unless too many have died. One whose
// project is just ending takes connections and ends them for some milliseconds more: in
// which all attempts could be made.
func (e *Env) another(ctx context.Context, name string, deaths int) error {
	if deaths > deathsLimit {
		return e.dies(name)
	}
	pause := firstPause
	for range deaths - 1 {
		pause = longer(pause)
	}
	return sleep(ctx, pause)
}

func (e *Env) dies(name string) error {
	return fmt.Errorf("project %s: the supervisor dies again and again; see %s/supervisor.log", name, e.Dirs.ProjectData(name))
}

// exchange is one request over one connection, which it closes.
func exchange(ctx context.Context, c *wire.Conn, req api.Request, on func(*api.Answer) error) error {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if err := c.Send(req); err != nil {
		return broken(ctx, err)
	}
	for {
		var a api.Answer
		files, err := c.Receive(&a)
		if err != nil {
			return broken(ctx, err)
		}
		for _, f := range files {
			f.Close()
		}
		if on != nil {
			if err := on(&a); err != nil {
				return err
			}
		}
		if a.Error != nil {
			return remote(a.Error)
		}
		if a.Done {
			return nil
		}
	}
}

// broken tells a connection that went away from one that we gave up.
func broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var errno syscall.Errno
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &errno) {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	return err
}
