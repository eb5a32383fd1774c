package host

import (
	"context"
	"os"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/host/kept"
	"github.com/mocker-compose/mocker-compose/internal/logs"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/undo"
	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/project"
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
	if err := r.resolveMounts(c, sc, sc.Service.Mounts); err != nil {
		return stageError("volumes", sc.Name, err)
	}
	if err := r.decideOwn(ctx, c, sc); err != nil {
		return stageError("own files", sc.Name, err)
	}
	if err := r.imageMounts(ctx, c, sc); err != nil {
		return stageError("volumes", sc.Name, err)
	}
	if err := r.contents().Write(sc.Name, sc.Service.Files, c.rec.Own); err != nil {
		return stageError("configs and secrets", sc.Name, err)
	}
	if err := r.prepareRoot(ctx, c, sc); err != nil {
		return stageError("root file system", sc.Service.Image, err)
	}
	if err := r.fillFromImage(ctx, c); err != nil {
		return stageError("volumes", sc.Name, err)
	}
	back.Add("log streams", func() error { return r.closeStreams(c) })
	if err := r.openStreams(c, sc); err != nil {
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

// openStreams makes the log pipes, or takes those that an earlier supervisor
// left, and has them moved into the files.
func (r *Runtime) openStreams(c *container, sc *supervisor.Container) error {
	for i, stream := range []string{"stdout", "stderr"} {
		read, write := r.kept.Claim(kept.Log(c.name, stream, "r")), r.kept.Claim(kept.Log(c.name, stream, "w"))
		if read == nil || write == nil {
			var err error
			if read, write, err = r.newStream(c.name, stream); err != nil {
				return err
			}
		}
		c.out[i] = write
		err := r.logs.Add(logs.Stream{
			Dir: r.dirs.LogDir(r.project, c.name), Name: stream, Pipe: read,
			Bounds: logBounds(&sc.Service),
		})
		read.Close()
		if err != nil {
			return err
		}
	}
	r.sendLog(sc)
	return nil
}

func (r *Runtime) newStream(name, stream string) (read, write *os.File, err error) {
	if read, write, err = logs.NewPipe(); err != nil {
		return nil, nil, err
	}
	err = r.kept.KeepAll(map[string]*os.File{kept.Log(name, stream, "r"): read, kept.Log(name, stream, "w"): write})
	if err != nil {
		read.Close()
		write.Close()
		return nil, nil, err
	}
	return read, write, nil
}

// closeStreams also drops other names from the store, to save a round trip.
func (r *Runtime) closeStreams(c *container, names ...string) error {
	r.logs.Remove(r.dirs.LogDir(r.project, c.name))
	for i, stream := range []string{"stdout", "stderr"} {
		if c.out[i] != nil {
			c.out[i].Close()
			c.out[i] = nil
		}
		names = append(names, kept.Log(c.name, stream, "r"), kept.Log(c.name, stream, "w"))
	}
	return r.kept.Drop(names...)
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
	c.rec.Network = r.networkSpec(sc)
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

func (r *Runtime) networkSpec(sc *supervisor.Container) netstack.SandboxSpec {
	spec := netstack.SandboxSpec{
		Hostname:  hostname(sc),
		Names:     names(sc),
		NoNetwork: sc.Service.NetworkMode == "none",
	}
	spec.HostGateway, spec.HostLoopback = sc.Service.WantsHost(), sc.Service.HostLoopback
	spec.ExposesDNS = slices.ContainsFunc(sc.Service.ExposedPorts(), func(p project.Port) bool { return p.Target == 53 })
	if spec.NoNetwork {
		return spec
	}
	spec.Resolve = resolveSpec(&sc.Service)
	for _, e := range sc.Service.Endpoints {
		spec.Endpoints = append(spec.Endpoints, netstack.EndpointSpec{
			Network: sc.NetworkName(e.Network), Aliases: aliases(sc, e), IPv4: e.IPv4Address, IPv6: e.IPv6Address,
			MAC: e.MACAddress, Interface: e.Interface, LinkLocal: e.LinkLocal, GatewayPriority: e.GatewayPriority,
			Sysctls: e.Sysctls,
		})
	}
	return spec
}

// hostname is the container's: by default its short id, as with docker.
func hostname(sc *supervisor.Container) string {
	if sc.Service.Hostname != "" {
		return sc.Service.Hostname
	}
	return sc.ID[:min(12, len(sc.ID))]
}
