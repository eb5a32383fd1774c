package supervisor

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
	r := Record{Project: s.desired, Networks: s.networks, Defined: s.defined, Born: s.born, Volumes: s.volumes, Failure: s.failure}
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
