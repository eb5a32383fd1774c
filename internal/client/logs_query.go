package client

import (
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/logs"
)

func (o *LogsOptions) shows(service string, number int, services []string) bool {
	return !slices.Contains(o.Exclude, service) && !slices.Contains(o.mute, service) && (len(services) == 0 || slices.Contains(services, service)) && (o.Index == 0 || o.Index == number)
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
	if o.SinceLastRestart() {
		s.Since = c.Started
	}
	return s
}

func source(project, container, service, dir string) logs.Source {
	return logs.Source{Container: label(project, container), Name: container, Service: service, Dir: dir}
}
