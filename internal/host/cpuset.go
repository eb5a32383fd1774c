package host

import (
	"context"
	"fmt"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/affinity"
	"github.com/mocker-compose/mocker-compose/internal/cpulist"
	"github.com/mocker-compose/mocker-compose/internal/host/pids"
	"github.com/mocker-compose/mocker-compose/internal/processes"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// bound is what the processes of a service are bound to, where its cpuset has no
// controller; nil = nothing.
func (r *Runtime) bound(sc *supervisor.Container) (*specs.CPUAffinity, error) {
	want := sc.Service.Resources.Cpuset
	if want == "" {
		return nil, nil //nolint:nilnil // none is an answer
	}
	ctx, cancel := context.WithTimeout(context.Background(), groupLimit)
	defer cancel()
	if has, err := r.groups.Has(ctx, "cpuset"); has || err != nil {
		return nil, err
	}
	cpus, err := cpulist.Parse(want)
	if err != nil {
		return nil, err
	}
	got, err := affinity.Possible(cpus)
	switch {
	case err != nil:
		r.notice(fmt.Sprintf("service %s: cpuset %s is not enforced: the kernel binds none of your processes to it: %v", sc.Service.Name, want, err))
		return nil, nil //nolint:nilnil // none is an answer
	case len(got) < len(cpus):
		r.notice(fmt.Sprintf("service %s: of cpuset %s, your processes may run on %s only", sc.Service.Name, want, cpulist.Format(got)))
	}
	return &specs.CPUAffinity{Final: cpulist.Format(got)}, nil
}

// bind binds what runs in a container to its cpuset, or to all processors if it has none
// any more, where there is no controller for it.
func (r *Runtime) bind(ctx context.Context, c *container, sc *supervisor.Container) error {
	was, is := sc.Limited, sc.Service.Resources.Cpuset
	if was == nil || was.Cpuset == is {
		return nil
	}
	if has, err := r.groups.Has(ctx, "cpuset"); has || err != nil {
		return err
	}
	if is == "" {
		is = cpulist.Format(cpulist.Online())
	} else if to, err := r.bound(sc); to == nil {
		return err
	}
	return affinity.Bind(func() ([]int, error) {
		first, err := pids.Of(c.run.Pidfd)
		if err != nil {
			return nil, nil // it has ended
		}
		members, err := processes.Host.Members([]int{first})
		return members[first], err
	}, is)
}
