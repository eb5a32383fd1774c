package client

import (
	"context"
	"errors"
	"io/fs"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// Recorded is what is known of a project whose supervisor does not answer.
type Recorded struct {
	WorkingDir  string
	ConfigFiles []string
	Containers  []api.Container
}

// recorded reads what the project's supervisor has last saved, nil if there is
// no such project. What a dead project is said to run is shown as killed, since
// its processes die with the project's holder.
func (e *Env) recorded(ctx context.Context, name string) (*Recorded, error) {
	rec, sameBoot, err := supervisor.ReadRecord(e.Dirs.StateFile(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := &Recorded{WorkingDir: rec.Project.WorkingDir, ConfigFiles: rec.Project.ConfigFiles}
	lives := sameBoot && e.held(ctx, name)
	for i := range rec.Containers {
		c := e.container(name, &rec.Containers[i])
		if !lives {
			bury(&c)
		}
		out.Containers = append(out.Containers, c)
	}
	return out, nil
}

// container is a recorded replica as ps shows it.
func (e *Env) container(project string, r *supervisor.Replica) api.Container {
	c := api.Container{
		ID: r.ID, Name: r.Name, Project: project, Service: r.Service.Name, Number: r.Number,
		Image: r.Service.Image, Command: command(r), Created: r.Created, Started: r.Started, Finished: r.Finished,
		State: r.State.Docker(), Health: r.Health.Status.String(), Reason: r.Reason.String(), Restarts: r.Restarts,
		Labels: r.Service.Labels, LogDir: e.Dirs.LogDir(project, r.Name),
	}
	if r.Exit != nil {
		c.ExitCode = r.Exit.Code
	}
	for _, ep := range r.Service.Endpoints {
		c.Networks = append(c.Networks, ep.Network)
	}
	return c
}

func command(r *supervisor.Replica) []string {
	return append(append([]string(nil), r.Service.Entrypoint...), r.Service.Command...)
}

// bury turns a container that was recorded as alive into one that was killed.
func bury(c *api.Container) {
	switch c.State {
	case "running", "restarting", "paused":
		c.State, c.ExitCode, c.Reason = "exited", 128+9, "the project's holder ended"
	}
	c.Health = ""
}
