package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// EnsureVolumes makes the named volumes that do not exist: plain directories
// below the data dir.
func (r *Runtime) EnsureVolumes(_ context.Context, p *project.Project) error {
	for _, v := range p.Volumes {
		dir := r.volumeDir(v.Name)
		if v.External {
			if _, err := os.Stat(dir); err != nil {
				return fmt.Errorf("external volume %s: %w: make it first with: mkdir -p %s", v.Name, err, dir)
			}
		} else if err := makeVolume(dir); err != nil {
			return fmt.Errorf("volume %s: %w", v.Name, err)
		}
		r.mu.Lock()
		r.volumes[v.Key] = v.Name
		r.mu.Unlock()
	}
	return nil
}

// makeVolume makes a volume's directory as the container shall see it: its
// root's, open to its other users. The directories above are private.
func makeVolume(dir string) error {
	if err := state.MakePrivate(filepath.Dir(dir)); err != nil {
		return err
	}
	err := os.Mkdir(dir, 0o755)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	return err
}

// RemoveVolumes removes the project's own volumes, external ones stay.
func (r *Runtime) RemoveVolumes(_ context.Context, p *project.Project) ([]string, error) {
	var names []string
	var errs []error
	for _, v := range p.Volumes {
		if v.External {
			continue
		}
		found, err := r.removeVolume(v.Name)
		if err != nil {
			errs = append(errs, err)
		} else if found {
			names = append(names, v.Name)
		}
	}
	slices.Sort(names)
	return names, errors.Join(errs...)
}

func (r *Runtime) removeVolume(name string) (found bool, err error) {
	if _, err := os.Lstat(r.volumeDir(name)); err != nil {
		return false, nil
	}
	if err := removeBelow(r.dirs.Volumes(), name); err != nil {
		return false, fmt.Errorf("remove volume %s: %w", name, err)
	}
	return true, nil
}

// removeBelow deletes a tree that is ours, by descriptors from its parent on.
func removeBelow(parent, name string) error {
	root, err := os.Open(parent)
	if err != nil {
		return err
	}
	defer root.Close()
	return safepath.RemoveAll(root, name)
}

func (r *Runtime) volumeDir(name string) string { return filepath.Join(r.dirs.Volumes(), name) }

func (r *Runtime) volumeName(key string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := r.volumes[key]; n != "" {
		return n
	}
	return r.project + "_" + key
}

// anonymousPrefix begins the names of a container's anonymous volumes. They go
// by container and target, so that a recreated container finds its data.
func (r *Runtime) anonymousPrefix(container string) string {
	return "anonymous." + r.project + "." + container + "."
}

func (r *Runtime) anonymousVolume(container, target string) string {
	sum := sha256.Sum256([]byte(target))
	return r.anonymousPrefix(container) + hex.EncodeToString(sum[:8])
}

func (r *Runtime) removeAnonymous(container string) error {
	entries, err := os.ReadDir(r.dirs.Volumes())
	if err != nil {
		return nil // no volumes at all
	}
	var errs []error
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), r.anonymousPrefix(container)) {
			_, err := r.removeVolume(e.Name())
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// prepareSources makes sure that every mount of the service has its source.
func (r *Runtime) prepareSources(c *supervisor.Container) error {
	for _, m := range c.Service.Mounts {
		switch m.Type {
		case project.MountBind:
			if err := prepareBind(m); err != nil {
				return err
			}
		case project.MountVolume:
			if err := makeVolume(r.source(c, m)); err != nil {
				return fmt.Errorf("volume for %s: %w", m.Target, err)
			}
		case project.MountTmpfs:
		}
	}
	return nil
}

func prepareBind(m project.Mount) error {
	_, err := os.Stat(m.Source)
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if !m.CreateHostPath {
		return fmt.Errorf("bind source %s does not exist: make it, or set bind.create_host_path", m.Source)
	}
	return os.MkdirAll(m.Source, 0o755)
}

// source is the host's directory or file behind a bind or volume.
func (r *Runtime) source(c *supervisor.Container, m project.Mount) string {
	switch {
	case m.Type == project.MountBind:
		return m.Source
	case m.Source == "":
		return r.volumeDir(r.anonymousVolume(c.Name, m.Target))
	}
	return r.volumeDir(r.volumeName(m.Source))
}
