package mounts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/host/relabel"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project"
)

// Resolve makes the sources of all mounts that do not exist, records that the owner uses
// them, and says which they are; taken are those that it takes over from others.
func (k *Keeper) Resolve(owner volumes.Owner, list []project.Mount, taken []Mount) ([]Mount, error) {
	var out []Mount
	var wants []volumes.Want
	var which []int
	for i, m := range list {
		one := Mount{Mount: m}
		switch m.Type {
		case project.MountBind:
			one.From = m.Source
			if err := k.prepareBind(m); err != nil {
				return nil, err
			}
		case project.MountVolume:
			wants, which = append(wants, k.want(m)), append(which, i)
		}
		out = append(out, one)
	}
	out = append(out, taken...)
	for _, m := range taken {
		if m.Type == project.MountVolume {
			wants = append(wants, volumes.Want{Volume: volumes.Volume{Name: m.Volume}, External: true})
		}
	}
	found, err := k.Volumes.Attach(owner, wants)
	if err != nil {
		return nil, err
	}
	for n, i := range which {
		if err := k.locate(found[n], &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Taken are the mounts that a container takes over from others of its project, but for
// targets that it has a mount of its own for. of tells what a container has.
func Taken(own []project.Mount, from []project.VolumesFrom, of func(container string) ([]Mount, error)) ([]Mount, error) {
	var out []Mount
	for _, f := range from {
		list, err := of(f.Container)
		if err != nil {
			return nil, fmt.Errorf("volumes_from: container %s is not there: only containers of the same project can share, and only while it is up", f.Container)
		}
		for _, m := range list {
			if m.Type == project.MountTmpfs || m.Type == project.MountImage || HasTarget(out, m.Target) ||
				slices.ContainsFunc(own, func(o project.Mount) bool { return o.Target == m.Target }) {
				continue
			}
			m.Shared, m.ReadOnly = true, m.ReadOnly || f.ReadOnly
			out = append(out, m)
		}
	}
	return out, nil
}

// ToBe are the mounts of a service whose container does not exist yet. Of anonymous
// volumes nothing is known.
func (k *Keeper) ToBe(svc *project.Service) (list []Mount) {
	for _, m := range svc.Mounts {
		out := Mount{Mount: m, From: m.Source}
		if m.Type == project.MountVolume {
			if m.Source == "" {
				continue
			}
			out.Volume = k.want(m).Name
			out.From = k.Volumes.Path(out.Volume)
		}
		list = append(list, out)
	}
	return list
}

func (k *Keeper) prepareBind(m project.Mount) error {
	_, err := os.Stat(m.Source)
	switch {
	case errors.Is(err, os.ErrNotExist) && m.CreateHostPath:
		err = os.MkdirAll(m.Source, 0o755)
	case errors.Is(err, os.ErrNotExist):
		err = fmt.Errorf("bind source %s does not exist: make it, or set bind.create_host_path", m.Source)
	}
	if err == nil && m.Relabel {
		if err := relabel.ForContainers(m.Source); err != nil {
			k.Notice(fmt.Sprintf("%s keeps its SELinux label: %v", m.Source, err))
		}
	}
	return err
}

// want is the volume that a mount asks for.
func (k *Keeper) want(m project.Mount) volumes.Want {
	if m.Source == "" {
		return volumes.Want{Volume: volumes.Volume{Target: m.Target, Labels: m.Labels}}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.named[m.Source]
	if !ok {
		v = project.Volume{Key: m.Source, Name: k.Project + "_" + m.Source}
	}
	return volumes.Want{Volume: k.volumeOf(v), External: v.External}
}

// locate finds out where a volume's files are: in its own directory, in one of
// the user's, or in memory.
func (k *Keeper) locate(v volumes.Volume, m *Mount) error {
	src, err := project.ParseVolumeOptions(v.Options)
	if err != nil {
		return fmt.Errorf("volume %s: %w", v.Name, err)
	}
	m.Volume, m.From = v.Name, k.Volumes.Path(v.Name)
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
		if m.From, err = k.memoryVolume(v.Name, src.Options); err != nil {
			return fmt.Errorf("volume %s: %w", v.Name, err)
		}
	}
	return nil
}

// memoryVolume mounts a volume in memory, unless it is there: for all containers
// of the project, until the project ends.
func (k *Keeper) memoryVolume(name string, options []string) (string, error) {
	dir := filepath.Join("volumes", name)
	here, in := k.Here("volumes"), k.Inside(dir)
	if err := os.Mkdir(here, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	k.memory.Lock()
	defer k.memory.Unlock()
	if mountedBelow(here, k.Here(dir)) {
		return in, nil
	}
	if err := os.Mkdir(k.Here(dir), 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return in, k.MountTmpfs(in, k.tmpfsOptions(options))
}

// mountedBelow tells whether something is mounted on dir, which is in parent.
func mountedBelow(parent, dir string) bool {
	var a, b unix.Stat_t
	return unix.Stat(parent, &a) == nil && unix.Stat(dir, &b) == nil && a.Dev != b.Dev
}
