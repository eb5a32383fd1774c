package client

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/logs"
	"github.com/mocker-compose/mocker-compose/internal/logs/match"
)

// lastRestart is the value of --since that means each container's last start.
const lastRestart = "last-restart"

func (o *LogsOptions) query(now time.Time) (q logs.Query, err error) {
	q = logs.Query{Follow: o.Follow, Tail: -1}
	if o.Tail != "all" && o.Tail != "" {
		// As in docker, a negative number means all.
		if q.Tail, err = strconv.Atoi(o.Tail); err != nil {
			return q, fmt.Errorf("invalid --tail %q: use a number of lines, or all", o.Tail)
		}
		q.Tail = max(q.Tail, -1)
	}
	if o.JSON && o.Raw {
		return q, errors.New("--json and --raw exclude each other")
	}
	if q.Filter, err = match.New(o.Grep, o.Invert, o.Level); err != nil {
		return q, err
	}
	if o.Since != "" && o.Since != lastRestart {
		if q.Since, err = logs.ParseTime(o.Since, now); err != nil {
			return q, fmt.Errorf("--since: %w", err)
		}
	}
	if o.Until != "" {
		if q.Until, err = logs.ParseTime(o.Until, now); err != nil {
			return q, fmt.Errorf("--until: %w", err)
		}
	}
	return q, nil
}

func (o *LogsOptions) shows(service string, number int, services []string) bool {
	return !slices.Contains(o.Exclude, service) && (len(services) == 0 || slices.Contains(services, service)) && (o.Index == 0 || o.Index == number)
}

// showsContainer leaves out what run made, unless it is named.
func (o *LogsOptions) showsContainer(c *api.Container, services []string) bool {
	if called(c, o.Exclude) {
		return false
	}
	return called(c, services) || !c.OneOff && o.shows(c.Service, c.Number, services)
}

func alive(c api.Container) bool {
	return c.State == "running" || c.State == "restarting" || c.State == "paused"
}

func (o *LogsOptions) sources(project string, cs []api.Container) (out []logs.Source) {
	for i := range cs {
		out = append(out, o.source(project, &cs[i]))
	}
	return out
}

// source is the log of a container, from where --since last-restart says.
func (o *LogsOptions) source(project string, c *api.Container) logs.Source {
	s := source(project, c.Name, c.Service, c.LogDir)
	if o.Since == lastRestart {
		s.Since = c.Started
	}
	return s
}

func source(project, container, service, dir string) logs.Source {
	return logs.Source{Container: label(project, container), Name: container, Service: service, Dir: dir}
}
