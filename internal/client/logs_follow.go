package client

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/logs"
)

// errAllEnded ends the subscription of followLogs.
var errAllEnded = errors.New("all containers have ended")

// followLogs prints logs until all containers have ended for good, the project
// ends, --until has passed, or ctx ends.
func (e *Env) followLogs(ctx context.Context, t Target, o *LogsOptions, services []string,
	shown []api.Container, q logs.Query, f logs.Format,
) error {
	s, err := e.openScreen(ctx, f)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { <-s.ended; stop() }() // nobody would see what comes
	if !q.Until.IsZero() {
		var cancel func()
		ctx, cancel = context.WithDeadline(ctx, q.Until)
		defer cancel()
	}
	open := map[string]bool{}
	for _, c := range shown {
		s.follower.Add(o.source(t.Name, &c), q)
		if alive(c) {
			open[c.Name] = true
		} else {
			s.finish(c.LogDir, "")
		}
	}
	err = e.Events(ctx, t.Name, services, func(ev *api.Event) error {
		dir := e.Dirs.LogDir(t.Name, ev.Name)
		switch {
		case slices.Contains(o.Exclude, ev.Name), !slices.Contains(services, ev.Name) && !o.shows(ev.Service, replica(ev.Name), services):
		case ev.Final || ev.Action == "destroy":
			if open[ev.Name] {
				delete(open, ev.Name)
				s.finish(dir, "")
			}
		case ev.State == "running" && !open[ev.Name]:
			open[ev.Name] = true
			// A new one is shown from its beginning; one that was shown before goes on.
			s.follower.Add(source(t.Name, ev.Name, ev.Service, dir), logs.Query{Follow: true, Tail: -1, Until: q.Until, Filter: q.Filter})
		}
		if len(open) == 0 {
			return errAllEnded
		}
		return nil
	})
	if errors.Is(err, errAllEnded) || errors.Is(err, errNotRunning) || errors.Is(err, context.DeadlineExceeded) && !time.Now().Before(q.Until) {
		err = nil
	}
	select {
	case <-s.ended:
		return s.close()
	default:
	}
	// An end of ctx ends the screen too: then this does not wait for a slow reader.
	return errors.Join(err, s.close())
}

// replica is the number at the end of a container's name, 0 without one.
func replica(name string) int {
	n, err := strconv.Atoi(name[strings.LastIndexByte(name, '-')+1:])
	if err != nil {
		return 0
	}
	return n
}
