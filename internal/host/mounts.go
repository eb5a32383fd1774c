package host

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/host/relabel"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// mounted is a mount of a container whose source has been found.
type mounted struct {
	project.Mount
	Volume    string   `json:"volume,omitempty"`     // its name
	From      string   `json:"from,omitempty"`       // the source's path, as a sandbox sees it
	Layers    []string `json:"layers,omitempty"`     // of an image, the topmost first
	Data      []string `json:"data,omitempty"`       // further ones, for contents alone
	InScratch bool     `json:"in_scratch,omitempty"` // From is in the holder's scratch directory
	Shared    bool     `json:"shared,omitempty"`     // it is another container's, which has filled it
}

// resolveMounts makes the sources of all mounts that do not exist, and records
// which they are and that the container uses them.
func (r *Runtime) resolveMounts(c *container, sc *supervisor.Container, list []project.Mount) error {
	c.rec.Mounts = nil
	var wants []volumes.Want
	var which []int
	for i, m := range list {
		out := mounted{Mount: m}
		switch m.Type {
		case project.MountBind:
			out.From = m.Source
			if err := r.prepareBind(m); err != nil {
				return err
			}
		case project.MountVolume:
			wants, which = append(wants, r.want(m)), append(which, i)
		}
		c.rec.Mounts = append(c.rec.Mounts, out)
	}
	shared, err := r.mountsFrom(c, sc)
	if err != nil {
		return err
	}
	c.rec.Mounts = append(c.rec.Mounts, shared...)
	for _, m := range shared {
		if m.Type == project.MountVolume {
			wants = append(wants, volumes.Want{Volume: volumes.Volume{Name: m.Volume}, External: true})
		}
	}
	found, err := r.vols.Attach(r.owner(sc), wants)
	if err != nil {
		return err
	}
	for n, i := range which {
		if err := r.locate(found[n], &c.rec.Mounts[i]); err != nil {
			return err
		}
	}
	return nil
}

// mountsFrom are the mounts that a container takes over from others of its
// project, but for targets that it has a mount of its own for.
func (r *Runtime) mountsFrom(c *container, sc *supervisor.Container) ([]mounted, error) {
	var out []mounted
	for _, from := range sc.Service.VolumesFrom {
		rec, err := r.load(from.Container)
		if err != nil {
			return nil, fmt.Errorf("volumes_from: container %s is not there: only containers of the same project can share, and only while it is up", from.Container)
		}
		for _, m := range rec.Mounts {
			if m.Type == project.MountTmpfs || m.Type == project.MountImage || c.hasTarget(m.Target) || slices.ContainsFunc(out, func(o mounted) bool { return o.Target == m.Target }) {
				continue
			}
			m.Shared, m.ReadOnly = true, m.ReadOnly || from.ReadOnly
			out = append(out, m)
		}
	}
	return out, nil
}

func (r *Runtime) prepareBind(m project.Mount) error {
	_, err := os.Stat(m.Source)
	switch {
	case errors.Is(err, os.ErrNotExist) && m.CreateHostPath:
		err = os.MkdirAll(m.Source, 0o755)
	case errors.Is(err, os.ErrNotExist):
		err = fmt.Errorf("bind source %s does not exist: make it, or set bind.create_host_path", m.Source)
	}
	if err == nil && m.Relabel {
		if err := relabel.ForContainers(m.Source); err != nil {
			r.notice(fmt.Sprintf("%s keeps its SELinux label: %v", m.Source, err))
		}
	}
	return err
}

// fillVolumes gives the container's new volumes their first content, as docker
// does: what the image has at the mount's target. copyUp copies it, with the
// directory's own owner and mode, into an empty directory; it is called for
// empty volumes only.
func (r *Runtime) fillVolumes(c *container, copyUp func(target string, dst *os.File) error) error {
	for _, m := range c.rec.Mounts {
		if m.Type != project.MountVolume || m.NoCopy || m.Subpath != "" || m.Shared {
			continue
		}
		fill := func(dst *os.File) error { return copyUp(m.Target, dst) }
		var err error
		if m.From == r.vols.Path(m.Volume) {
			err = r.vols.Fill(m.Volume, fill)
		} else if err = volumes.FillDirectory(r.seen(m), fill); err != nil {
			err = fmt.Errorf("fill volume %s: %w", m.Volume, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// seen is the path at which this process sees the source of a mount.
func (r *Runtime) seen(m mounted) string {
	if m.InScratch {
		return r.scratchPath("volumes/" + m.Volume)
	}
	return m.From
}

// sources tells the sandbox more of the mounts' sources, by target.
// Those of images hold files open that closeSources closes.
func (r *Runtime) sources(c *container) (out map[string]sandbox.Source, err error) {
	out = map[string]sandbox.Source{}
	for _, m := range c.rec.Mounts {
		if m.Type == project.MountImage {
			tree, err := r.openLayers(c, m.Layers, m.Data)
			if err != nil {
				closeSources(out)
				return nil, fmt.Errorf("mount image %s: %w", m.Source, err)
			}
			out[m.Target] = sandbox.Source{Tree: tree, Subpath: m.Subpath}
		}
		if m.Type == project.MountVolume && (m.Subpath != "" || m.InScratch) {
			out[m.Target] = sandbox.Source{Here: r.seen(m), Subpath: m.Subpath}
		}
	}
	return out, nil
}

// mountedBelow tells whether something is mounted on dir, which is in parent.
func mountedBelow(parent, dir string) bool {
	var a, b unix.Stat_t
	return unix.Stat(parent, &a) == nil && unix.Stat(dir, &b) == nil && a.Dev != b.Dev
}

// hasTarget tells whether one of the container's own mounts is there.
func (c *container) hasTarget(target string) bool {
	return slices.ContainsFunc(c.rec.Mounts, func(m mounted) bool { return m.Target == target })
}
