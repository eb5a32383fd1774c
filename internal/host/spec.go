package host

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/host/ocispec"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// view is a container as ocispec takes it.
func (r *Runtime) view(c *container, sc *supervisor.Container) (*ocispec.View, error) {
	cpus, err := r.bound(sc)
	return &ocispec.View{
		Hostname: r.uname(sc), HostRoot: c.rec.Lower == "", HostNet: c.rec.HostNet,
		SingleID: r.singleID, CPUs: cpus, Notice: r.notice,
	}, err
}

// ociSpec says in the terms of the runtime spec what the service's container is.
func (r *Runtime) ociSpec(c *container, sc *supervisor.Container) (*ocispec.View, *specs.Spec, error) {
	v, err := r.view(c, sc)
	if err != nil {
		return nil, nil, err
	}
	s, err := v.Spec(sc)
	if err != nil {
		return nil, nil, err
	}
	s.Mounts = r.mounts(c, sc)
	return v, s, nil
}

func (r *Runtime) keepsGroups(sc *supervisor.Container) bool {
	return ocispec.KeepsGroups(&sc.Service, r.singleID)
}
