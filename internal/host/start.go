package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/host/devices"
	"github.com/mocker-compose/mocker-compose/internal/host/launch"
	"github.com/mocker-compose/mocker-compose/internal/host/mountns"
	"github.com/mocker-compose/mocker-compose/internal/host/notify"
	"github.com/mocker-compose/mocker-compose/internal/host/ocispec"
	"github.com/mocker-compose/mocker-compose/internal/host/roots"
	"github.com/mocker-compose/mocker-compose/internal/host/terminal"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/undo"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// Start publishes the ports and launches a run.
func (r *Runtime) Start(ctx context.Context, sc *supervisor.Container, run int) (_ *supervisor.Run, err error) {
	done, err := r.turns.Take(ctx, sc.Name)
	if err != nil {
		return nil, err
	}
	defer done()
	c := r.lookup(sc.Name)
	if c == nil {
		return nil, stageError("start", sc.Name, errors.New("the container was not created"))
	}
	var back undo.Stack
	defer func() {
		if err != nil {
			_ = back.Run()
		}
	}()
	if err := r.join(c); err != nil {
		return nil, err
	}
	back.Add("ports", func() error { return r.unpublish(c, false) })
	if err := r.publish(c, sc); err != nil {
		return nil, err
	}
	view, spec, err := r.ociSpec(c, sc)
	if err != nil {
		return nil, stageError("configure", sc.Name, err)
	}
	sources, err := r.sources(c)
	if err != nil {
		return nil, stageError("volumes", sc.Name, err)
	}
	defer closeSources(sources)
	nodes, err := devices.Open(&sc.Service, r.keepsGroups(sc))
	if err != nil {
		return nil, err
	}
	defer nodes.Close()
	nodes.AddTo(spec, sources)
	root, err := r.openRoot(ctx, c, spec, sources, run)
	if err != nil {
		return nil, roots.OpenError(sc.Service.Image, err)
	}
	defer root.Close()
	if err := view.SetUser(sc, root, spec.Process); err != nil {
		return nil, err
	}
	if c.notify != nil {
		if err := notify.Drain(c.notify); err != nil {
			return nil, stageError("socket for readiness", sc.Name, err)
		}
	}
	name := fmt.Sprintf("%s/%d", c.name, run)
	back.Add("cgroup", func() error { _, err := r.releaseGroup(ctx, name); return err })
	child, err := r.launch(ctx, c, sc, name, spec, sources, root)
	if err != nil {
		return nil, r.starved(ctx, name, launch.Missing(err, spec.Process.Cwd, r.look(c, root)))
	}
	back.Release()
	_ = r.forgetRun(c) // of the last one; a line too many in a table
	r.setRun(c, child)
	if c.box != nil {
		r.net.SetReachable(c.name, true)
	}
	return r.runOf(child), nil
}

// launch starts the process and waits until the service's program has been
// executed, or for the reason why not.
func (r *Runtime) launch(ctx context.Context, c *container, sc *supervisor.Container, name string, spec *specs.Spec, sources map[string]sandbox.Source, root *os.File) (*rootless.Child, error) {
	code, err := ocispec.Filter(&sc.Service, spec.Process.Capabilities.Bounding)
	if err != nil {
		return nil, stageError("seccomp", sc.Name, err)
	}
	var back undo.Stack
	defer func() { _ = back.Run() }()
	share, err := r.share(sc, &back)
	if err != nil {
		return nil, err
	}
	in := r.sandboxOf(c, sc, spec, sources, root)
	if in.Etc, err = r.openEtc(c); err != nil {
		return nil, stageError("configure", sc.Name, err)
	}
	back.Add("/etc", in.Etc.Close)
	in.Filter, in.LateFilter, in.Share = code, ocispec.OwnFilter(&sc.Service), share
	in.KeepGroups, in.Keyring = r.keepsGroups(sc), r.keyring
	if in.UserNS, err = r.userNS(ctx, c.rec.Own); err != nil {
		return nil, stageError("own files", sc.Name, err)
	}
	stdio, done, err := r.stdio(c, sc)
	if err != nil {
		return nil, stageError("terminal", sc.Name, err)
	}
	defer done()
	if sc.Service.TTY {
		in.Console = terminal.Path(stdio[0])
	}
	if in.Cgroup, err = r.groups.Make(ctx, name, &sc.Service); err != nil {
		return nil, stageError("cgroup", sc.Name, err)
	}
	if c.sharesPID() {
		return r.startShared(ctx, c, name, in, stdio)
	}
	return r.start(ctx, name, sandbox.Setup(in), stdio)
}

// sandboxOf is the container's view of the world, for its program or for none.
func (r *Runtime) sandboxOf(c *container, sc *supervisor.Container, spec *specs.Spec, sources map[string]sandbox.Source, root *os.File) sandbox.Container {
	in := sandbox.Container{
		Spec: spec, MountPoint: r.holder.Root, SingleID: r.singleID,
		Init: sc.Service.Init, ShmSize: sc.Service.ShmSize, Privileged: sc.Service.Privileged,
		Hide: []string{r.dirs.Run, r.dirs.Data}, Sources: sources, Exchange: c.rec.Own,
	}
	if c.rec.Lower != "" {
		in.Root = root
	}
	if box := r.netBox(c); box != nil {
		in.NetNS = box.NS()
	}
	return in
}

// start hands a prepared program to the holder.
func (r *Runtime) start(ctx context.Context, name string, p *sandbox.Prepared, stdio [3]*os.File) (*rootless.Child, error) {
	return r.launcher().Start(ctx, name, p, stdio, nil)
}

func (r *Runtime) launcher() *launch.Launcher {
	return &launch.Launcher{Holder: r.holder, Portable: r.portable}
}

// forgetRun removes the latest run from the holder's table. The end of a run
// stays there until the supervisor has recorded something newer: were it killed
// in between, the next one would find a run that vanished.
func (r *Runtime) forgetRun(c *container) error {
	if c.run == nil {
		return nil
	}
	return r.holder.Forget(c.run.Name)
}

// endRun ends what a run has left, now that its first process has ended: nothing, where
// that was the first of a pid namespace.
func (r *Runtime) endRun(ctx context.Context, c *container) error {
	grouped := false
	var err error
	if c.run != nil {
		grouped, err = r.releaseGroup(ctx, c.run.Name)
	}
	if c.sharesPID() && (!grouped || err != nil) {
		err = errors.Join(err, mountns.Sweep(c.rec.MountNS))
	}
	return err
}

// Stopped releases what ends with a run.
func (r *Runtime) Stopped(ctx context.Context, sc *supervisor.Container) error {
	c := r.lookup(sc.Name)
	if c == nil {
		return nil
	}
	if c.box != nil {
		r.net.SetReachable(c.name, false)
	}
	errs := []error{r.unpublish(c, sc.Again)}
	errs = append(errs, r.endRun(ctx, c))
	errs = append(errs, r.leave(c))
	drain, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	errs = append(errs, c.awaitTerminal(drain))
	r.setInput(c, nil)
	errs = append(errs, r.logs.Drain(drain, c.name))
	if c.work != "" {
		errs = append(errs, safepath.RemoveBelow(r.dirs.ContainerData(r.project, c.name), c.work))
		c.work = ""
	}
	return errors.Join(errs...)
}
