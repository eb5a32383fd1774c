package volumes

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Volume is what is known of a volume.
type Volume struct {
	Name    string            `json:"name"`
	Created time.Time         `json:"created,omitzero"`
	Labels  map[string]string `json:"labels,omitempty"`
	Options map[string]string `json:"options,omitempty"` // as docker's local driver has them: type, o, device
	Project string            `json:"project,omitempty"` // that made it
	Key     string            `json:"key,omitempty"`     // in the project's file
	// Anonymous volumes belong to a container and a place in it.
	Anonymous   bool   `json:"anonymous,omitempty"`
	Container   string `json:"container,omitempty"`
	ContainerID string `json:"container_id,omitempty"`
	Target      string `json:"target,omitempty"`
	// Unrecorded: there is the directory alone.
	Unrecorded bool `json:"-"`
}

// Store is the directory of a user's volumes.
type Store struct{ dirs state.Dirs }

// Open is the store of a user; it makes nothing.
func Open(dirs state.Dirs) *Store { return &Store{dirs} }

// Path is the directory of a volume.
func (s *Store) Path(name string) string { return filepath.Join(s.dirs.Volumes(), name) }

func (s *Store) recordPath(name string) string {
	return filepath.Join(s.dirs.Volumes(), ".records", name)
}

// Get is the volume of that name, or a *NotFoundError.
func (s *Store) Get(name string) (Volume, error) {
	if err := CheckName(name); err != nil {
		return Volume{}, err
	}
	st, err := os.Lstat(s.Path(name))
	if errors.Is(err, os.ErrNotExist) {
		return Volume{}, &NotFoundError{name}
	}
	if err != nil {
		return Volume{}, err
	}
	if !st.IsDir() {
		return Volume{}, fmt.Errorf("volume %s: %s is no directory", name, s.Path(name))
	}
	var v Volume
	if _, err := state.Load(s.recordPath(name), &v); err != nil {
		v = Volume{Created: st.ModTime(), Unrecorded: true} // lost, or of a version that wrote none
	}
	v.Name = name
	return v, nil
}

// List is all volumes, by name.
func (s *Store) List() ([]Volume, error) {
	entries, err := os.ReadDir(s.dirs.Volumes())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Volume
	for _, e := range entries {
		if !e.IsDir() || CheckName(e.Name()) != nil {
			continue
		}
		if v, err := s.Get(e.Name()); err == nil {
			list = append(list, v)
		}
	}
	return list, nil
}

// lock keeps volumes from coming and going; the caller closes the file.
func (s *Store) lock() (*os.File, error) {
	for _, dir := range []string{s.dirs.Data, s.dirs.Volumes(), filepath.Join(s.dirs.Volumes(), ".records")} {
		if err := state.MakePrivate(dir); err != nil {
			return nil, err
		}
	}
	return state.Lock(filepath.Join(s.dirs.Volumes(), ".lock"))
}

// Create makes a volume unless it exists; made tells. A volume without a name
// gets one.
func (s *Store) Create(v Volume) (_ Volume, made bool, err error) {
	lock, err := s.lock()
	if err != nil {
		return Volume{}, false, err
	}
	defer lock.Close()
	return s.create(v)
}

func (s *Store) create(v Volume) (_ Volume, made bool, err error) {
	if v.Name == "" {
		v.Name = newName()
	}
	have, err := s.Get(v.Name)
	var missing *NotFoundError
	if !errors.As(err, &missing) {
		return have, false, err
	}
	v.Created = time.Now()
	if err := s.save(v); err != nil {
		return Volume{}, false, err
	}
	return v, true, makeOpen(s.Path(v.Name))
}

// makeOpen makes a volume's directory as the container shall see it: its
// root's, open to its other users. The directories above are private.
func makeOpen(dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return os.Chmod(dir, 0o755) // whatever the umask
}

func (s *Store) save(v Volume) error { return state.Save(s.recordPath(v.Name), v) }

// Relabel gives a volume other labels.
func (s *Store) Relabel(name string, labels map[string]string) error {
	lock, err := s.lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	v, err := s.Get(name)
	if err != nil || maps.Equal(v.Labels, labels) {
		return err
	}
	v.Labels = labels
	return s.save(v)
}

// Remove deletes a volume. The error is a *NotFoundError, an *InUseError, or
// says what could not be deleted.
func (s *Store) Remove(name string) error {
	lock, err := s.lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	if _, err := s.Get(name); err != nil {
		return err
	}
	users, err := s.Users()
	if err != nil {
		return err
	}
	if len(users[name]) > 0 {
		return &InUseError{name, users[name]}
	}
	return s.remove(name)
}

func (s *Store) remove(name string) error {
	for _, dir := range []string{s.staging(".filling"), s.staging(".filled"), s.staging(".owned"), s.dirs.Volumes()} {
		if err := safepath.RemoveBelow(dir, name); err != nil {
			return fmt.Errorf("remove volume %s: %w", name, err)
		}
	}
	if err := os.Remove(s.recordPath(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove volume %s: %w", name, err)
	}
	return nil
}

// Unused are the volumes that no container uses, but for those that without accepts (nil:
// none): anonymous volumes, or all.
func (s *Store) Unused(all bool, without func(User) bool) ([]Volume, error) {
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	users, err := s.Users()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(v Volume) bool {
		used := slices.ContainsFunc(users[v.Name], func(u User) bool { return without == nil || !without(u) })
		return used || !all && !v.Anonymous
	}), nil
}

// Own are the volumes that a project has made and given names, sorted.
func (s *Store) Own(project string) ([]Volume, error) {
	list, err := s.List()
	return slices.DeleteFunc(list, func(v Volume) bool { return v.Project != project || v.Anonymous }), err
}

// trimmed are the lines of a file without empty ones.
func trimmed(b []byte) (lines []string) {
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
