package supervisor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
)

// saveDelay is how long a change that nothing waits for may stay unrecorded.
const saveDelay = 100 * time.Millisecond

// Record is what is on disk of a project: state.json.
type Record struct {
	Project    project.Project `json:"project"`              // as the last up gave it
	Networks   []string        `json:"networks,omitempty"`   // resolved names that exist
	Volumes    []string        `json:"volumes,omitempty"`    // resolved names that exist
	Containers []Replica       `json:"containers,omitempty"` // sorted by name
}

// ReadRecord reads the record of a project whose supervisor does not run, for
// commands that only show. What it says to be running is not, if sameBoot is
// false. The error wraps os.ErrNotExist if there is no such project, and
// state.ErrCorrupt if the record cannot be read (it is then set aside).
func ReadRecord(path string) (r Record, sameBoot bool, err error) {
	sameBoot, err = state.Load(path, &r)
	if err != nil {
		return Record{}, false, fmt.Errorf("state of the project: %w", err)
	}
	return r, sameBoot, nil
}

// save writes the record. Called on the loop.
func (s *Supervisor) save() error {
	if s.saveTimer != nil {
		s.saveTimer.Stop()
		s.saveTimer = nil
	}
	if !s.dirty || s.forgotten {
		return nil
	}
	if err := state.SaveOften(s.cfg.Dirs.StateFile(s.cfg.Name), s.record()); err != nil {
		err = fmt.Errorf("record the state of project %s: %w; free some space, or check the directory", s.cfg.Name, err)
		s.report(err.Error())
		return err
	}
	s.dirty = false
	if s.onSave != nil {
		s.onSave()
	}
	return nil
}

func (s *Supervisor) record() Record {
	r := Record{Project: s.desired, Networks: s.networks, Volumes: s.volumes}
	r.Project.Contents = nil // never on a disk, whoever has set it
	for _, i := range s.instances {
		r.Containers = append(r.Containers, i.rec)
	}
	sort.Slice(r.Containers, func(a, b int) bool { return r.Containers[a].Name < r.Containers[b].Name })
	return r
}

// forget removes the record and the directories that it leaves empty: nothing
// of the project is left. Called on the loop.
func (s *Supervisor) forget() error {
	path := s.cfg.Dirs.StateFile(s.cfg.Name)
	for _, p := range []string{path, state.Spare(path)} {
		if err := os.Remove(p); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the state of project %s: %w", s.cfg.Name, err)
		}
	}
	s.forgotten = true
	// Only empty ones go: os.Remove never removes more.
	_ = os.Remove(filepath.Join(filepath.Dir(path), "c"))
	_ = os.Remove(filepath.Dir(path))
	return nil
}
