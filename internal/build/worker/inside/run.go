package inside

import (
	"context"
	"errors"
	"fmt"
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/worker"
	"github.com/mocker-compose/mocker-compose/internal/image/cachemount"
	"github.com/mocker-compose/mocker-compose/internal/undo"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// running is one RUN on its way.
type running struct {
	*step
	job      *build.RunJob
	secrets  [][]byte
	dirs     []*os.File // of contexts, by mount; nil where there is none
	out      *os.File
	insecure bool

	back    undo.Stack // what is given back when the program has ended
	files   *files
	at      *place // nil = the host's network
	spec    *specs.Spec
	sources map[string]sandbox.Source
	caches  map[string]*cachemount.Mount // by their ids
	points  points
}

// run carries RUN out.
func (p *process) run(ctx context.Context, req *worker.RunRequest, open []*os.File) (build.Layer, error) {
	r := &running{job: &req.Job, secrets: req.Secrets, sources: map[string]sandbox.Source{}}
	if err := r.take(req, open); err != nil {
		return build.Layer{}, err
	}
	r.insecure = r.job.Run.Insecure || r.job.Machine.Privileged
	var err error
	if r.step, err = p.newStep(ctx, r.job.Lower, true); err != nil {
		return build.Layer{}, err
	}
	l, err := r.carryOut(ctx)
	return l, errors.Join(err, r.step.close())
}

// take sorts the files that came along.
func (r *running) take(req *worker.RunRequest, open []*os.File) error {
	n := len(r.job.Run.Mounts)
	if len(open) == 0 || len(r.job.Mounts) != n || len(req.Secrets) != n || len(req.Dirs) != n {
		return errors.New("RUN: incomplete job")
	}
	r.out, open = open[0], open[1:]
	r.dirs = make([]*os.File, n)
	for i, has := range req.Dirs {
		if !has {
			continue
		}
		if len(open) == 0 {
			return errors.New("RUN: a directory is missing")
		}
		r.dirs[i], open = open[0], open[1:]
	}
	return nil
}

func (r *running) carryOut(ctx context.Context) (build.Layer, error) {
	err := r.execute(ctx)
	err = errors.Join(err, r.back.Run())
	if err != nil {
		return build.Layer{}, err
	}
	return r.finish(ctx, r.job.Epoch)
}

// execute prepares and runs the program, and returns when nothing of it runs any more.
func (r *running) execute(ctx context.Context) (err error) {
	if r.files, err = r.p.newFiles(); err != nil {
		return err
	}
	r.back.Add("files", r.files.close)
	if err := r.takeNetwork(); err != nil {
		return err
	}
	if err := r.makeSpec(); err != nil {
		return err
	}
	if err := r.addMounts(ctx); err != nil {
		return err
	}
	if err := r.setUser(); err != nil {
		return err
	}
	r.back.Add("mount points", func() error { r.points.remove(); return nil })
	var base []string
	if r.tree != "" { // else they are in our base layer
		base = sandbox.BaseDirs()
	}
	if err := r.points.make(r.root, r.spec, r.sources, base); err != nil {
		return err
	}
	return r.start(ctx)
}

// takeNetwork finds the net namespace.
func (r *running) takeNetwork() (err error) {
	mode := r.job.Run.Network
	if mode == "" {
		mode = r.job.Machine.Network
	}
	switch mode {
	case "host":
		return nil
	case "", "default", "none":
	default:
		return fmt.Errorf("network %q of a build: default, none and host are known", mode)
	}
	if r.at, err = r.p.net.take(&r.job.Machine, mode == "none"); err != nil {
		return fmt.Errorf("network: %w", err)
	}
	r.back.Add("network", func() error { r.p.net.give(r.at, r.insecure); return nil })
	return nil
}
