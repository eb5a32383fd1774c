package volumes

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// User is a container that uses a volume.
type User struct{ Project, Container string }

// usesName is the file in a container's directory that names its volumes.
const usesName = "volumes"

// Want is a volume that a container is to have.
type Want struct {
	Volume
	// External: it must exist.
	External bool
}

// Owner is a container that gets volumes.
type Owner struct {
	Project, Container string
	ID                 string
	// Inherit: it takes the place of an earlier container of its name, and takes
	// over the anonymous volumes of that one. Otherwise those are nobody's.
	Inherit bool
}

// Attach makes the volumes of a container that do not exist and records that it
// uses them; other names that are recorded for it are not used any more. In
// wants, an anonymous volume has a target and no name; the answer, in the same
// order, has the names of all.
func (s *Store) Attach(o Owner, wants []Want) ([]Volume, error) {
	path := filepath.Join(s.dirs.ContainerData(o.Project, o.Container), usesName)
	if len(wants) == 0 {
		if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		return nil, nil
	}
	lock, err := s.lock()
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	var left map[string]string
	if slices.ContainsFunc(wants, func(w Want) bool { return w.Name == "" }) {
		if left, err = s.anonymousOf(o); err != nil {
			return nil, err
		}
	}
	var names []string
	for i := range wants {
		if wants[i].Name == "" {
			wants[i].Volume = anonymous(o, wants[i].Volume, left[wants[i].Target])
		}
		if err := CheckName(wants[i].Name); err != nil {
			return nil, err
		}
		names = append(names, wants[i].Name)
	}
	// First the use, then the volume: one that was made and is used by nobody
	// would be removed by whoever tidies up.
	if err := state.WriteFile(path, []byte(strings.Join(names, "\n")+"\n"), 0o600); err != nil {
		return nil, err
	}
	out := make([]Volume, len(wants))
	for i, w := range wants {
		if out[i], err = s.attach(w); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// attach makes one volume, or takes an anonymous one over.
func (s *Store) attach(w Want) (Volume, error) {
	if w.External {
		v, err := s.Get(w.Name)
		return v, externalError(err)
	}
	v, _, err := s.create(w.Volume)
	if err == nil && v.Anonymous && v.ContainerID != w.ContainerID {
		v.ContainerID = w.ContainerID
		err = s.save(v)
	}
	if err != nil {
		return v, fmt.Errorf("volume %s: %w", w.Name, err)
	}
	return v, nil
}

// anonymous is the wanted volume with the container as its owner, and the name
// of the one that is there.
func anonymous(o Owner, v Volume, there string) Volume {
	v.Anonymous, v.Project, v.Container, v.ContainerID = true, o.Project, o.Container, o.ID
	if v.Name = there; there == "" {
		v.Name = newName()
	}
	return v
}

// anonymousOf are the anonymous volumes that a container has already, or
// inherits, by target.
func (s *Store) anonymousOf(o Owner) (map[string]string, error) {
	list, err := s.List()
	left := map[string]string{}
	for _, v := range list {
		if v.Anonymous && v.Project == o.Project && v.Container == o.Container && (v.ContainerID == o.ID || o.Inherit) {
			left[v.Target] = v.Name
		}
	}
	return left, err
}

// externalError says how to make a volume that must exist.
func externalError(err error) error {
	var missing *NotFoundError
	if errors.As(err, &missing) {
		return fmt.Errorf("external volume %q not found: make it first with: mocker-compose volume create %s", missing.Name, missing.Name)
	}
	return err
}

// Require fails unless an external volume exists, and says how to make it.
func (s *Store) Require(name string) error {
	_, err := s.Get(name)
	return externalError(err)
}

// Users are the containers that use volumes, running or not, by volume.
func (s *Store) Users() (map[string][]User, error) {
	users := map[string][]User{}
	projects, err := os.ReadDir(s.dirs.ProjectsData())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for _, p := range projects {
		containers, err := os.ReadDir(filepath.Dir(s.dirs.ContainerData(p.Name(), "x")))
		if err != nil {
			continue // none
		}
		for _, c := range containers {
			b, err := os.ReadFile(filepath.Join(s.dirs.ContainerData(p.Name(), c.Name()), usesName))
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err // whoever asks wants to delete: not knowing is no
			}
			for _, name := range trimmed(b) {
				users[name] = append(users[name], User{p.Name(), c.Name()})
			}
		}
	}
	return users, nil
}

// RemoveAnonymous removes the anonymous volumes of a container, but for those
// that another one uses.
func (s *Store) RemoveAnonymous(o Owner) error {
	list, err := s.List()
	if err != nil {
		return err
	}
	var errs []error
	for _, v := range list {
		if !v.Anonymous || v.Project != o.Project || v.Container != o.Container || v.ContainerID != o.ID {
			continue
		}
		err := s.Remove(v.Name)
		var used *InUseError
		var missing *NotFoundError
		if !errors.As(err, &used) && !errors.As(err, &missing) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Uses are the names of the volumes that a container uses, sorted.
func (s *Store) Uses(project, container string) []string {
	b, err := os.ReadFile(filepath.Join(s.dirs.ContainerData(project, container), usesName))
	if err != nil {
		return nil
	}
	names := trimmed(b)
	slices.Sort(names)
	return names
}
