// Package looks puts together what clients are shown of a project: what the supervisor
// has on record, and what only the kernel knows. It changes nothing.
package looks

import (
	"context"
	"maps"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/news"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// Known is what the supervisor knows at one moment.
type Known struct {
	Name    string
	Dirs    state.Dirs
	Runtime kernel.Runtime
	All     []record.Replica           // by service and number
	Project project.Project            // as the last up gave it
	PIDs    map[string]int             // of the containers that run
	Defined map[string]project.Network // networks as they were made, by resolved name
	Born    map[string]time.Time       // when
}

// Containers tells what exists and how it is.
func (k *Known) Containers(labels bool) []api.Container {
	list := make([]api.Container, 0, len(k.All))
	for n := range k.All {
		of := &k.All[n]
		c := of.Show(&k.Project, k.Dirs)
		c.PID = k.PIDs[c.Name]
		if labels {
			of.Describe(&c, &k.Project)
		}
		if c.PID != 0 {
			of.ShowNetwork(&c, k.Runtime.Ports(&of.Container), k.Runtime.Attachments(&of.Container))
		}
		list = append(list, c)
	}
	return list
}

// Networks tells what networks the project is on, those of the file and those that no
// file has any more, and who stands there.
func (k *Known) Networks(ctx context.Context) ([]api.Network, error) {
	list, err := k.Runtime.Networks(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]*record.Replica{}
	for i := range k.All {
		known[k.All[i].Name] = &k.All[i]
	}
	defined := map[string]project.Network{}
	maps.Copy(defined, k.Defined)
	for _, n := range k.Project.Networks {
		defined[n.Name] = n
	}
	for i := range list {
		n := &list[i]
		if d, ok := defined[n.Name]; ok {
			news.DescribeNetwork(n, k.Name, d, k.Born[n.Name])
		}
		for j := range n.Endpoints {
			if c := known[n.Endpoints[j].Container]; c != nil {
				n.Endpoints[j].ID, n.Endpoints[j].Up = c.ID, c.State == states.Running
			}
		}
	}
	return list, nil
}

// Usage tells of all containers what they have used, of those that do not run that they
// exist.
func (k *Known) Usage(ctx context.Context) ([]api.Usage, error) {
	counted, err := k.Runtime.Usage(ctx)
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(counted))
	for i := range counted {
		at[counted[i].Name] = i
	}
	list := make([]api.Usage, len(k.All))
	for n := range k.All {
		c := &k.All[n]
		u := &list[n]
		state := c.DockerState()
		if i, ok := at[c.Name]; ok && (state == states.Running.Docker() || state == states.Paused.Docker()) {
			*u = counted[i]
		}
		u.ID, u.Name, u.Service, u.Number = c.ID, c.Name, c.Service.Name, c.Number
		u.OneOff, u.State = c.OneOff != nil, state
	}
	return list, nil
}
