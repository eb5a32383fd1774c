package host

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/copytar"
	"github.com/mocker-compose/mocker-compose/internal/host/copies"
	"github.com/mocker-compose/mocker-compose/internal/host/roots"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/undo"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// Copy has a confined child pack or unpack files below a container's root.
func (r *Runtime) Copy(ctx context.Context, sc *supervisor.Container, job copytar.Job, stream *os.File) (left []string, err error) {
	if root := r.runningRoot(sc.Name, &job); root != nil {
		defer root.Close()
		return copies.Make(ctx, root, job, stream)
	}
	done, err := r.turns.Take(ctx, sc.Name)
	if err != nil {
		return nil, err
	}
	defer done()
	if root := r.runningRoot(sc.Name, &job); root != nil { // started while we waited
		defer root.Close()
		return copies.Make(ctx, root, job, stream)
	}
	var back undo.Stack
	defer func() { err = errors.Join(err, back.Run()) }()
	root, err := r.idleRoot(ctx, sc, &back)
	if err != nil {
		return nil, err
	}
	job.Own = r.lookup(sc.Name).rec.Own
	return copies.Make(ctx, root, job, stream)
}

// runningRoot is the root of a container that runs, else nil, and who owns what in it.
func (r *Runtime) runningRoot(name string, job *copytar.Job) *os.File {
	c := r.lookup(name)
	if c == nil || c.run == nil || c.run.Pidfd == nil {
		return nil
	}
	root, err := sandbox.Root(c.run.Pidfd)
	if err != nil {
		return nil
	}
	job.Own = c.rec.Own
	return root
}

// idleRoot is the root of a container that does not run, with all that is
// mounted in it. It lasts until back is run. The caller has the turn.
func (r *Runtime) idleRoot(ctx context.Context, sc *supervisor.Container, back *undo.Stack) (*os.File, error) {
	if err := r.create(ctx, sc); err != nil {
		return nil, err
	}
	c := *r.lookup(sc.Name) // a copy: the work directory of its last run is not ours
	_, spec, err := r.ociSpec(&c, sc)
	if err != nil {
		return nil, stageError("configure", sc.Name, err)
	}
	spec.Process.Cwd = "/"
	n := r.execs.Add(1)
	sources, err := r.sources(&c)
	if err != nil {
		return nil, stageError("volumes", sc.Name, err)
	}
	defer closeSources(sources)
	c.work = ""
	back.Add("work directory", func() error {
		if c.work == "" {
			return nil
		}
		return safepath.RemoveBelow(r.dirs.ContainerData(r.project, c.name), c.work)
	})
	root, err := r.openRoot(ctx, &c, spec, sources, int(-n))
	if err != nil {
		return nil, roots.OpenError(sc.Service.Image, err)
	}
	defer root.Close()
	in := r.sandboxOf(&c, sc, spec, sources, root)
	if in.Etc, err = r.openEtc(&c); err != nil {
		return nil, stageError("copy", sc.Name, err)
	}
	defer in.Etc.Close()
	child, err := r.idle(ctx, fmt.Sprintf("%s/copy-%d.%d", c.name, os.Getpid(), n), in)
	if err != nil {
		return nil, err
	}
	back.Add("sandbox", func() error { return r.endIdle(child) })
	view, err := sandbox.Root(child.Pidfd)
	if err != nil {
		return nil, stageError("copy", sc.Name, err)
	}
	back.Add("root", view.Close)
	return view, nil
}

// idle starts a process that holds the mounts.
func (r *Runtime) idle(ctx context.Context, name string, in sandbox.Container) (*rootless.Child, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	return r.start(ctx, name, sandbox.Idle(in), [3]*os.File{null, null, null})
}

func (r *Runtime) endIdle(child *rootless.Child) error {
	err := ignoreEnded(child.Signal(unix.SIGKILL))
	select {
	case <-child.Done:
	case <-r.holder.Gone():
		return nil
	}
	return errors.Join(err, r.holder.Release(child))
}
