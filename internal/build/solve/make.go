package solve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// made is what a step left.
type made struct {
	layer   build.Layer // Key is "" if the step changed nothing
	created time.Time
}

// make has the worker make a step's layer. Of several builds that want the same
// step, one makes it and the others wait for that.
func (f *flight) make(ctx context.Context, step *build.Step, key string, src []source) (m made, err error) {
	lock, err := f.b.lockKey(ctx, key)
	if err != nil {
		return m, f.failed(step, nil, err)
	}
	defer lock.Close()
	if m, hit, err := f.lookup(ctx, step, key); hit || err != nil {
		if err != nil {
			return m, f.failed(step, nil, err)
		}
		f.b.observer.emit(f.event(step, build.Cached))
		return m, nil
	}
	select {
	case f.b.slots <- struct{}{}:
		defer func() { <-f.b.slots }()
	case <-ctx.Done():
		return m, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return m, err
	}
	t := f.b.observer.start(f.event(step, build.Started))
	f.b.miss()
	m.layer, err = f.carryOut(ctx, step, src, t)
	if err != nil {
		return m, f.failed(step, t, cause(ctx, step, err))
	}
	if m.layer.Empty {
		m.layer = build.Layer{}
	}
	m.created = time.Now().UTC()
	if f.b.Epoch != nil {
		m.created = f.b.Epoch.UTC()
	}
	if err := f.keepMade(ctx, step, key, src, m); err != nil {
		return m, f.failed(step, t, err)
	}
	t.end(nil)
	return m, nil
}

// cause is the error as docker says it. A step that ended because of another's
// failure is cancelled, whatever its program made of that.
func cause(ctx context.Context, step *build.Step, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var exit *build.ExitError
	if step.Run != nil && errors.As(err, &exit) {
		return fmt.Errorf("process %q %w", strings.Join(step.Run.Args, " "), err)
	}
	return err
}

func (f *flight) carryOut(ctx context.Context, step *build.Step, src []source, t *task) (build.Layer, error) {
	worker, err := f.b.worker()
	if err != nil {
		return build.Layer{}, err
	}
	switch {
	case step.Run != nil:
		mounts, err := f.b.mounts(step.Run, src)
		if err != nil {
			return build.Layer{}, err
		}
		return worker.Run(ctx, &build.RunJob{Lower: f.layers, Run: step.Run, Mounts: mounts, Machine: f.b.Machine, Epoch: f.b.Epoch}, t)
	case step.Copy != nil:
		job := &build.CopyJob{Lower: f.layers, Copy: step.Copy, From: src[0].layers, Entries: src[0].entries, Epoch: f.b.Epoch}
		if job.Dir, err = src[0].dir(); err != nil {
			return build.Layer{}, err
		}
		if src[0].context != nil {
			job.Fetched = src[0].context.Fetched()
		}
		return worker.Copy(ctx, job, t)
	}
	return worker.MakeDir(ctx, &build.MakeDirJob{Lower: f.layers, MakeDir: step.MakeDir, Epoch: f.b.Epoch})
}

// mounts looks up what the mounts show: secrets and agents now, and never before.
func (b *solver) mounts(run *build.Run, src []source) (list []build.Mounted, err error) {
	for i := range run.Mounts {
		m, shown := &run.Mounts[i], build.Mounted{Lower: src[i].layers}
		switch m.Type {
		case build.MountSecret:
			if b.Secret != nil {
				shown.Secret, err = b.Secret(m.ID)
			}
			shown.Absent = shown.Secret == nil
		case build.MountSSH:
			if b.Agent != nil {
				shown.Agent, err = b.Agent(m.ID)
			}
			shown.Absent = shown.Agent == ""
		default:
			if shown.Dir, err = src[i].dir(); err == nil && shown.Dir != nil {
				shown.Hide, err = src[i].hidden(shown.Dir, m.Source)
			}
		}
		if err == nil && shown.Absent && m.Required {
			err = missing(m)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, shown)
	}
	return list, nil
}

func missing(m *build.Mount) error {
	if m.Type == build.MountSSH {
		return fmt.Errorf("unset ssh forward key %s: name it below ssh: of the service's build:, or give --ssh %s", m.ID, m.ID)
	}
	return fmt.Errorf("secret %s: not found: name it in build.secrets of the service", m.ID)
}
