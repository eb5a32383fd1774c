package client

import (
	"context"
	"errors"
	"io/fs"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// Recorded is what is known of a project whose supervisor does not answer.
type Recorded struct {
	WorkingDir  string
	ConfigFiles []string
	Containers  []api.Container
}

// Recorded reads what the project's supervisor has last saved, nil if there is
// no such project. What a dead project is said to run is shown as killed, since
// its processes die with the project's holder.
func (e *Env) Recorded(ctx context.Context, name string) (*Recorded, error) {
	rec, sameBoot, err := record.Read(e.Dirs.StateFile(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := &Recorded{WorkingDir: rec.Project.WorkingDir, ConfigFiles: rec.Project.ConfigFiles}
	lives := sameBoot && e.Supervisors().Held(ctx, name)
	for i := range rec.Containers {
		c := rec.Containers[i].Show(&rec.Project, e.Dirs)
		rec.Containers[i].Describe(&c, &rec.Project)
		if !lives {
			bury(&c)
		}
		out.Containers = append(out.Containers, c)
	}
	return out, nil
}

// HolderEnded is why a container of a dead project has ended.
const HolderEnded = "the project's holder ended"

// bury turns a container that was recorded as alive into one that was killed.
func bury(c *api.Container) {
	switch c.State {
	case "running", "restarting", "paused":
		c.State, c.ExitCode, c.Reason = "exited", 128+9, HolderEnded
	}
	c.Health = ""
}
