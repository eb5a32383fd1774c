package logcmd

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
	"github.com/mocker-compose/mocker-compose/internal/client/screen"
	"github.com/mocker-compose/mocker-compose/internal/logs"
)

// errAllEnded ends the subscription of follow.
var errAllEnded = errors.New("all containers have ended")

// follow prints logs until all containers have ended for good, the project
// ends, --until has passed, or ctx ends.
func follow(ctx context.Context, env *client.Env, t client.Target, o *Options, services []string,
	shown []api.Container, q logs.Query, f logs.Format,
) error {
	s, err := screen.Open(ctx, env.Stdout, env.Stderr, f)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { <-s.Ended(); stop() }() // nobody would see what comes
	if !q.Until.IsZero() {
		var cancel func()
		ctx, cancel = context.WithDeadline(ctx, q.Until)
		defer cancel()
	}
	open := map[string]bool{}
	for _, c := range shown {
		s.Add(o.source(t.Name, &c), q)
		if client.Alive(c) {
			open[c.Name] = true
		} else {
			s.Last(c.LogDir, "")
		}
	}
	err = env.Events(ctx, t.Name, services, func(ev *api.Event) error {
		dir := env.Dirs.LogDir(t.Name, ev.Name)
		switch {
		case slices.Contains(o.Exclude, ev.Name), !slices.Contains(services, ev.Name) && !o.shows(ev.Service, replica(ev.Name), services):
		case ev.Final || ev.Action == "destroy":
			if open[ev.Name] {
				delete(open, ev.Name)
				s.Last(dir, "")
			}
		case ev.State == "running" && !open[ev.Name]:
			open[ev.Name] = true
			// A new one is shown from its beginning; one that was shown before goes on.
			s.Add(screen.Source(t.Name, ev.Name, ev.Service, dir), logs.Query{Follow: true, Tail: -1, Until: q.Until, Filter: q.Filter})
		}
		if len(open) == 0 {
			return errAllEnded
		}
		return nil
	})
	if errors.Is(err, errAllEnded) || errors.Is(err, reach.ErrNotRunning) || errors.Is(err, context.DeadlineExceeded) && !time.Now().Before(q.Until) {
		err = nil
	}
	select {
	case <-s.Ended():
		return s.Close()
	default:
	}
	// An end of ctx ends the screen too: then this does not wait for a slow reader.
	return errors.Join(err, s.Close())
}

// replica is the number at the end of a container's name, 0 without one.
func replica(name string) int {
	n, err := strconv.Atoi(name[strings.LastIndexByte(name, '-')+1:])
	if err != nil {
		return 0
	}
	return n
}
