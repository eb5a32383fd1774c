package watchcmd

import (
	"errors"
	"fmt"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// claim makes us the only one that watches files for a project, until release is called or
// we end, however that is: two would build everything twice, and copy into each other's
// files. A dry run does neither, and is in nobody's way.
func claim(e *client.Env, project string) (release func(), err error) {
	if e.Global.DryRun {
		return func() {}, nil
	}
	if err := state.MakePrivate(e.Dirs.Run); err != nil {
		return nil, err
	}
	release, err = state.TryNamed(e.Dirs.WatchLock(), project)
	var held *state.HeldError
	if !errors.As(err, &held) {
		return release, err
	}
	hint := "it watches the files of this project: end it there with Ctrl-C"
	if held.PID > 0 {
		hint += fmt.Sprintf(", or with: kill -INT %d", held.PID)
	}
	return nil, &client.ExitError{Code: 1, Hint: hint, Err: fmt.Errorf("cannot take exclusive lock for project %q: %w", project, err)}
}
