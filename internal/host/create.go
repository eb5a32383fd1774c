package host

import (
	"context"

	"github.com/mocker-compose/mocker-compose/internal/host/netspec"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/undo"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// Create acquires all that outlives a run of the container.
func (r *Runtime) Create(ctx context.Context, sc *supervisor.Container) error {
	done, err := r.turns.Take(ctx, sc.Name)
	if err != nil {
		return err
	}
	defer done()
	return r.create(ctx, sc)
}

func (r *Runtime) create(ctx context.Context, sc *supervisor.Container) (err error) {
	if r.lookup(sc.Name) != nil {
		return nil
	}
	c := newContainer(sc)
	c.rec.PID = sc.Service.PID
	var back undo.Stack
	defer func() {
		if err != nil {
			_ = back.Run()
		}
	}()
	if err := state.MakePrivate(r.dirs.ContainerData(r.project, sc.Name)); err != nil {
		return stageError("files", sc.Name, err)
	}
	if err := r.resolveMounts(c, sc); err != nil {
		return stageError("volumes", sc.Name, err)
	}
	if err := r.decideOwn(ctx, c, sc); err != nil {
		return stageError("own files", sc.Name, err)
	}
	if err := r.roots.Mounts(ctx, sc.Name, c.rec.Mounts[:len(sc.Service.Mounts)], c.rec.Own); err != nil {
		return stageError("volumes", sc.Name, err)
	}
	if err := r.contents().Write(sc.Name, sc.Service.Files, c.rec.Own); err != nil {
		return stageError("configs and secrets", sc.Name, err)
	}
	if err := r.roots.Prepare(ctx, sc, &c.rec.Root); err != nil {
		return stageError("root file system", sc.Service.Image, err)
	}
	if err := r.fillFromImage(ctx, c); err != nil {
		return stageError("volumes", sc.Name, err)
	}
	back.Add("log streams", func() error { return r.logs.Drop(c.name, &c.out) })
	if c.out, err = r.logs.Make(sc); err != nil {
		return stageError("logs", sc.Name, err)
	}
	back.Add("socket for readiness", func() error { return r.closeNotify(c, sc) })
	if err := r.openNotify(c, sc); err != nil {
		return stageError("files", sc.Name, err)
	}
	if err := r.createNetwork(c, sc, &back); err != nil {
		return stageError("network", sc.Name, err)
	}
	if err := r.writeFiles(c, sc); err != nil {
		return stageError("files", sc.Name, err)
	}
	if err := r.save(c); err != nil {
		return stageError("files", sc.Name, err)
	}
	r.register(c)
	back.Release()
	return r.forgetParked(c.name)
}

func stageError(stage, object string, err error) error {
	return &supervisor.StartError{Stage: stage, Object: object, Err: err}
}

// createNetwork makes the container's net namespace, unless it has another's, or
// takes over the one of its predecessor that others still run in.
func (r *Runtime) createNetwork(c *container, sc *supervisor.Container, back *undo.Stack) error {
	if sc.Service.NetworkMode == "host" {
		c.rec.HostNet = true
		return nil
	}
	if sc.Service.JoinsNetwork() {
		c.rec.Joined = sc.Service.NetworkMode
		return nil
	}
	c.rec.Network = netspec.Sandbox(sc)
	if done, err := r.takeOver(c, back); done {
		return err
	}
	back.Add("network", func() error { return r.net.RemoveSandbox(sc.Name) })
	box, err := r.net.CreateSandbox(sc.Name, c.rec.Network)
	if err != nil {
		return err
	}
	c.box = box
	c.rec.Endpoints = box.Endpoints()
	return nil
}
