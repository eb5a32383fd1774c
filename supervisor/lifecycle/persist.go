package lifecycle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// saveDelay is how long a change that nothing waits for may stay unrecorded.
const saveDelay = 100 * time.Millisecond

// save writes the record. Called on the loop.
func (l *Loop) save() error {
	if l.saveTimer != nil {
		l.saveTimer.Stop()
		l.saveTimer = nil
	}
	if !l.dirty || l.forgotten {
		return nil
	}
	if err := state.SaveOften(l.cfg.Dirs.StateFile(l.cfg.Project), l.Record()); err != nil {
		err = fmt.Errorf("record the state of project %s: %w; free some space, or check the directory", l.cfg.Project, err)
		l.Report(err.Error())
		return err
	}
	l.dirty = false
	if l.cfg.Saved != nil {
		acts := make([]func(), len(l.actions))
		for n, a := range l.actions {
			acts[n] = a.run
		}
		l.cfg.Saved(acts)
	}
	return nil
}

// Record is what is to be on disk at this moment. Called on the loop.
func (l *Loop) Record() Record {
	r := Record{Project: l.Desired, Networks: l.Networks, Defined: l.Defined, Born: l.Born, Volumes: l.Volumes, Rollouts: l.Rollouts, Failure: l.Failure}
	r.Project.Contents = nil // never on a disk, whoever has set it
	for _, i := range l.Instances {
		r.Containers = append(r.Containers, i.Rec)
	}
	sort.Slice(r.Containers, func(a, b int) bool { return r.Containers[a].Name < r.Containers[b].Name })
	return r
}

// Abandon makes the loop record nothing more, as if the supervisor had been killed at
// this moment: for tests of those who come after it. Called on the loop.
func (l *Loop) Abandon() { l.forgotten = true }

// Forget removes the record and the directories that it leaves empty: nothing
// of the project is left. Called on the loop.
func (l *Loop) Forget() error {
	path := l.cfg.Dirs.StateFile(l.cfg.Project)
	for _, p := range []string{path, state.Spare(path)} {
		if err := os.Remove(p); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the state of project %s: %w", l.cfg.Project, err)
		}
	}
	l.forgotten = true
	// Only empty ones go: os.Remove never removes more.
	_ = os.Remove(filepath.Join(filepath.Dir(path), "c"))
	_ = os.Remove(filepath.Dir(path))
	return nil
}
