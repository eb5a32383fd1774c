package host

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/host/groups"
	"github.com/mocker-compose/mocker-compose/internal/host/pids"
	"github.com/mocker-compose/mocker-compose/internal/limits"
	"github.com/mocker-compose/mocker-compose/internal/usage"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/cgroup"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// groupLimit bounds what is asked of the group of a run by who has no context.
const groupLimit = 10 * time.Second

// openGroups begins to look for a place where the runs can have groups.
func (r *Runtime) openGroups() error {
	holder, err := pids.Of(r.holder.Pidfd())
	if err != nil {
		return err
	}
	ask := delegate.Request{
		Project: r.project, Record: r.dirs.CgroupFile(r.project),
		Holder: holder, Supervisor: os.Getpid(), Start: rootless.RunRole,
	}
	r.groups = groups.Open(groups.Config{
		Obtain: func(ctx context.Context) (delegate.Delegation, error) { return delegate.Obtain(ctx, ask) },
		Report: r.report, Notice: r.notice,
	})
	r.meter = usage.NewMeter(r.groups)
	return nil
}

// releaseGroup ends what is left of a run by its group; false: it had none.
func (r *Runtime) releaseGroup(ctx context.Context, id string) (bool, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), groupLimit)
	defer cancel()
	return r.groups.Release(ctx, id)
}

// leaveGroup removes the project's cgroup, at its end. One that is being made just now
// is waited for.
func (r *Runtime) leaveGroup() error {
	ctx, cancel := context.WithTimeout(context.Background(), groupLimit)
	defer cancel()
	d, err := r.groups.Delegation(ctx)
	if err != nil {
		return nil // there is none
	}
	return d.Release(ctx)
}

// tellOOM completes how a run ended, if it may have been for want of memory: what a
// shell tells of a child of its own counts as well.
func (r *Runtime) tellOOM(id string, e *supervisor.Exit) {
	if e.Signal != unix.SIGKILL && e.Code != killedCode {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), groupLimit)
	defer cancel()
	var err error
	if e.OOM, e.Limit, err = r.groups.OOM(ctx, id); err != nil {
		r.report("why " + id + " ended: " + err.Error())
	}
}

// killedCode is the exit code of what SIGKILL ended, as the shell has it.
const killedCode = 128 + int(unix.SIGKILL)

// starved is the failure of a launch, or that its memory was too little for it.
func (r *Runtime) starved(ctx context.Context, id string, err error) error {
	killed, limit, oerr := r.groups.OOM(ctx, id)
	if oerr != nil || !killed {
		return err
	}
	text := "the machine ran out of memory"
	if limit > 0 {
		text = "out of memory: limit " + project.Size(limit)
	}
	return &supervisor.StartError{
		Stage: "launch", Object: id, Err: errors.New(text), Code: killedCode,
		Hint: "the limit is too low for the program even to start: raise mem_limit",
	}
}

// Limit implements [supervisor.Runtime].
func (r *Runtime) Limit(ctx context.Context, sc *supervisor.Container) error {
	c := r.lookup(sc.Name)
	if c == nil || c.run == nil || c.run.Pidfd == nil {
		return nil
	}
	if _, ended := pids.Of(c.run.Pidfd); ended != nil {
		return nil // the next run takes what is on record
	}
	err := r.groups.Limit(ctx, c.run.Name, &sc.Service)
	var busy *cgroup.BusyError
	if errors.As(err, &busy) {
		key := "memory"
		for _, k := range limits.Keys(&sc.Service) {
			if k.Controller == "memory" {
				key = k.Name
				break
			}
		}
		return &supervisor.LimitError{Limit: key, Want: int64(busy.Want), Used: int64(busy.Used)}
	}
	return errors.Join(err, r.bind(ctx, c, sc))
}
