package logcmd

import (
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/screen"
	"github.com/mocker-compose/mocker-compose/internal/logs"
)

func (o *Options) shows(service string, number int, services []string) bool {
	return !slices.Contains(o.Exclude, service) && !slices.Contains(o.mute, service) && (len(services) == 0 || slices.Contains(services, service)) && (o.Index == 0 || o.Index == number)
}

// showsContainer leaves out what run made, unless it is named.
func (o *Options) showsContainer(c *api.Container, services []string) bool {
	if client.Called(c, o.Exclude) {
		return false
	}
	return client.Called(c, services) || !c.OneOff && o.shows(c.Service, c.Number, services)
}

func (o *Options) sources(project string, cs []api.Container) (out []logs.Source) {
	for i := range cs {
		out = append(out, o.source(project, &cs[i]))
	}
	return out
}

// source is the log of a container, from where --since last-restart says.
func (o *Options) source(project string, c *api.Container) logs.Source {
	s := screen.Source(project, c.Name, c.Service, c.LogDir)
	if o.SinceLastRestart() {
		s.Since = c.Started
	}
	return s
}
