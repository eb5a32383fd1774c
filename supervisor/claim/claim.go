// Package claim makes one supervisor the only one of its project: by the project's lock,
// which the kernel takes from whoever ends, however that ends.
package claim

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// limit is how long a claim is tried: whoever looks whether the lock is held has it for
// a moment.
const limit = time.Second

// Project makes the directories of a project and takes its lock: a supervisor that has
// it is the only one, until it closes the lock or ends.
func Project(dirs state.Dirs, project string) (*os.File, error) {
	for _, dir := range []string{dirs.ProjectRun(project), dirs.ProjectData(project)} {
		if err := state.MakePrivate(dir); err != nil {
			return nil, fmt.Errorf("directory of project %s: %w", project, err)
		}
	}
	for until := time.Now().Add(limit); ; time.Sleep(limit / 200) {
		lock, err := state.TryLock(dirs.ProjectLock(project))
		if err == nil {
			return lock, nil
		}
		if !errors.Is(err, state.ErrLocked) || time.Now().After(until) {
			return nil, fmt.Errorf("project %s: another supervisor has it: %w", project, err)
		}
	}
}
