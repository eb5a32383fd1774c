package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// EnsureVolumes makes the named volumes that do not exist; external ones must.
func (r *Runtime) EnsureVolumes(_ context.Context, p *project.Project) error {
	r.sharing.Note(p.Services)
	for _, v := range p.Volumes {
		if v.External {
			if err := r.vols.Require(v.Name); err != nil {
				return err
			}
		} else {
			have, made, err := r.vols.Create(r.volumeOf(v))
			if err == nil && !made {
				r.compare(v, have)
				err = r.relabel(v, have)
			}
			if err != nil {
				return fmt.Errorf("volume %s: %w", v.Name, err)
			}
		}
		r.mu.Lock()
		r.named[v.Key] = v
		r.mu.Unlock()
	}
	return nil
}

// Labels of docker compose on a volume.
const (
	labelProject = "com.docker.compose.project"
	labelVolume  = "com.docker.compose.volume"
)

// volumeOf is the volume that a named one of the file is to be.
func (r *Runtime) volumeOf(v project.Volume) volumes.Volume {
	labels := map[string]string{labelProject: r.project, labelVolume: v.Key}
	maps.Copy(labels, v.Labels)
	labels[project.HashLabel] = v.Hash()
	return volumes.Volume{Name: v.Name, Labels: labels, Options: v.Options, Project: r.project, Key: v.Key}
}

// compare says where a volume that exists is not what the file says. It stays as
// it is: what is in it cannot be had again.
func (r *Runtime) compare(v project.Volume, have volumes.Volume) {
	switch {
	case r.owns(have):
	case have.Project == "":
		r.notice(fmt.Sprintf("volume %q already exists but was not created by mocker-compose up. Use `external: true` to use an existing volume", v.Name))
	default:
		r.notice(fmt.Sprintf("volume %q already exists but was created for project %q (expected %q). Use `external: true` to use an existing volume", v.Name, have.Project, r.project))
	}
	if !maps.Equal(v.Options, have.Options) {
		r.notice(fmt.Sprintf("volume %q keeps the driver_opts that it was made with, although the file has others; to make it anew, without what is in it: mocker-compose up --yes", v.Name))
	}
}

// relabel gives a volume of ours the labels that the file has now: nothing in it
// changes. One that keeps other options keeps their fingerprint too.
func (r *Runtime) relabel(v project.Volume, have volumes.Volume) error {
	if !r.owns(have) || have.Unrecorded || !maps.Equal(v.Options, have.Options) {
		return nil
	}
	return r.vols.Relabel(v.Name, r.volumeOf(v).Labels)
}

// owns tells whether a volume is this project's.
func (r *Runtime) owns(v volumes.Volume) bool {
	return v.Project == r.project || v.Unrecorded && strings.HasPrefix(v.Name, r.project+"_")
}

// RemoveVolumes removes the project's own volumes. External ones stay, and so do
// those that somebody else has made or that containers of other projects use.
func (r *Runtime) RemoveVolumes(_ context.Context, p *project.Project) ([]string, error) {
	var names []string
	var errs []error
	for _, v := range p.Volumes {
		if v.External {
			continue
		}
		have, err := r.vols.Get(v.Name)
		if err == nil && !r.owns(have) {
			r.notice(fmt.Sprintf("volume %s was not created for project %s and stays; to remove it: mocker-compose volume rm %s", v.Name, r.project, v.Name))
			continue
		}
		if err == nil {
			err = r.vols.Remove(v.Name)
		}
		var missing *volumes.NotFoundError
		var used *volumes.InUseError
		switch {
		case err == nil:
			names = append(names, v.Name)
		case errors.As(err, &used):
			r.notice(err.Error())
		case !errors.As(err, &missing):
			errs = append(errs, err)
		}
	}
	slices.Sort(names)
	return names, errors.Join(errs...)
}

// removeBelow deletes a tree that is ours, by descriptors from its parent on.
func removeBelow(parent, name string) error {
	root, err := os.Open(parent)
	if errors.Is(err, os.ErrNotExist) {
		return nil // we were killed before anything was made there
	}
	if err != nil {
		return err
	}
	defer root.Close()
	return safepath.RemoveAll(root, name)
}

func (r *Runtime) owner(sc *supervisor.Container) volumes.Owner {
	return volumes.Owner{Project: r.project, Container: sc.Name, ID: sc.ID, Inherit: sc.Inherit}
}

// want is the volume that a mount asks for.
func (r *Runtime) want(m project.Mount) volumes.Want {
	if m.Source == "" {
		return volumes.Want{Volume: volumes.Volume{Target: m.Target, Labels: m.Labels}}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.named[m.Source]
	if !ok {
		v = project.Volume{Key: m.Source, Name: r.project + "_" + m.Source}
	}
	return volumes.Want{Volume: r.volumeOf(v), External: v.External}
}

// locate finds out where a volume's files are: in its own directory, in one of
// the user's, or in memory.
func (r *Runtime) locate(v volumes.Volume, m *mounted) error {
	src, err := project.ParseVolumeOptions(v.Options)
	if err != nil {
		return fmt.Errorf("volume %s: %w", v.Name, err)
	}
	m.Volume, m.From = v.Name, r.vols.Path(v.Name)
	m.ReadOnly = m.ReadOnly || src.ReadOnly
	switch {
	case src.Device != "":
		st, err := os.Stat(src.Device)
		if err == nil && !st.IsDir() {
			err = errors.New("it is no directory")
		}
		if err != nil {
			return fmt.Errorf("volume %s: device %s: %w", v.Name, src.Device, err)
		}
		m.From, m.NonRecursive = src.Device, !src.Recursive
	case src.Tmpfs:
		m.InScratch = true
		if m.From, err = r.memoryVolume(v.Name, src.Options); err != nil {
			return fmt.Errorf("volume %s: %w", v.Name, err)
		}
	}
	return nil
}

// memoryVolume mounts a volume in memory, unless it is there: for all containers
// of the project, until the project ends.
func (r *Runtime) memoryVolume(name string, options []string) (string, error) {
	dir := filepath.Join("volumes", name)
	here, in := r.scratchPath("volumes"), r.scratchDir(dir)
	if err := os.Mkdir(here, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	r.memory.Lock()
	defer r.memory.Unlock()
	if mountedBelow(here, r.scratchPath(dir)) {
		return in, nil
	}
	if err := os.Mkdir(r.scratchPath(dir), 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return in, r.holder.MountTmpfs(in, r.tmpfsOptions(options))
}
