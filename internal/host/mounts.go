package host

import (
	"context"
	"fmt"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/host/contents"
	"github.com/mocker-compose/mocker-compose/internal/host/mounts"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// EnsureVolumes implements supervisor.Runtime.
func (r *Runtime) EnsureVolumes(_ context.Context, p *project.Project) error {
	r.agreed.Note(p.Services)
	return r.mounting.Ensure(p.Volumes)
}

// RemoveVolumes implements supervisor.Runtime.
func (r *Runtime) RemoveVolumes(_ context.Context, p *project.Project) ([]string, error) {
	return r.mounting.Remove(p.Volumes)
}

func (r *Runtime) openMounting() {
	r.mounting = &mounts.Keeper{
		Project: r.project, Volumes: r.vols, Here: r.scratchPath, Inside: r.scratchDir,
		MountTmpfs: r.holder.MountTmpfs, SingleID: r.singleID, Notice: r.notice,
	}
}

func (r *Runtime) owner(sc *supervisor.Container) volumes.Owner {
	return volumes.Owner{Project: r.project, Container: sc.Name, ID: sc.ID, Inherit: sc.Inherit}
}

// resolveMounts finds the sources of the container's mounts.
func (r *Runtime) resolveMounts(c *container, sc *supervisor.Container) error {
	taken, err := mounts.Taken(sc.Service.Mounts, sc.Service.VolumesFrom, func(name string) ([]mounts.Mount, error) {
		rec, err := r.load(name)
		return rec.Mounts, err
	})
	if err != nil {
		return err
	}
	c.rec.Mounts, err = r.mounting.Resolve(r.owner(sc), sc.Service.Mounts, taken)
	return err
}

// mounts are all of a container, in the words of the runtime spec.
func (r *Runtime) mounts(c *container, sc *supervisor.Container) []specs.Mount {
	var list []specs.Mount
	if c.rec.Lower == "" && sc.Dir != "/" && sc.Dir != "" {
		list = append(list, specs.Mount{Type: "bind", Source: sc.Dir, Destination: sc.Dir, Options: []string{"rbind"}})
	}
	for _, name := range etcFiles {
		_, source := r.scratchFile(r.etcOf(c), name)
		m := specs.Mount{Type: "bind", Source: source, Destination: "/etc/" + name, Options: []string{"bind", "noexec", "nosuid", "nodev"}}
		if c.hasTarget(m.Destination) {
			continue // the user's own
		}
		if c.rec.Lower == "" && !r.ownEtc() {
			target, ok := hostTarget(m.Destination)
			if !ok {
				continue
			}
			m.Destination = target
		}
		list = append(list, m)
	}
	for _, m := range c.rec.Mounts {
		list = append(list, r.mounting.Spec(m, c.rec.Own))
	}
	for i, f := range sc.Service.Files {
		list = append(list, specs.Mount{Type: "bind", Source: r.scratchDir(contents.FileName(c.name, i)), Destination: f.Target,
			Options: []string{"bind", "ro", "nosuid", "nodev"}})
	}
	if c.notify != nil {
		list = append(list, r.notifyMount(sc))
	}
	return list
}

// sources tells the sandbox more of the mounts' sources, by target.
// Those of images hold files open that closeSources closes.
func (r *Runtime) sources(c *container) (out map[string]sandbox.Source, err error) {
	out = map[string]sandbox.Source{}
	for _, m := range c.rec.Mounts {
		if m.Type == project.MountImage {
			tree, err := r.roots.Tree(c.name, m.Layers, m.Data)
			if err != nil {
				closeSources(out)
				return nil, fmt.Errorf("mount image %s: %w", m.Source, err)
			}
			out[m.Target] = sandbox.Source{Tree: tree, Subpath: m.Subpath}
		}
		if m.Type == project.MountVolume && (m.Subpath != "" || m.InScratch) {
			out[m.Target] = sandbox.Source{Here: r.mounting.Seen(m), Subpath: m.Subpath}
		}
	}
	return out, nil
}

// hasTarget tells whether one of the container's own mounts is there.
func (c *container) hasTarget(target string) bool {
	return mounts.HasTarget(c.rec.Mounts, target)
}
