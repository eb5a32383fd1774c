package groups

import (
	"context"
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/rootless/cgroup"
)

// Tree is what a Keeper needs of D: a cgroup.Tree.
type Tree interface {
	Controllers() []string
	Room() int64
	MakeIn(parent, name string, r *specs.LinuxResources) (Group, []cgroup.Unmet, error)
	Group(name string) (Group, error)
	Groups() ([]string, error)
	Close() error
}

// Group is what a Keeper needs of the group of a run: a cgroup.Group.
type Group interface {
	Dir() *os.File
	Set(r *specs.LinuxResources) ([]cgroup.Unmet, error)
	Freeze(ctx context.Context) error
	Thaw(ctx context.Context) error
	Frozen() (bool, error)
	Kill() error
	Gone() bool
	OOM() (cgroup.OOM, error)
	Sample() (cgroup.Sample, error)
	Rest()
	Remove(ctx context.Context) error
	Close() error
}

// realTree is a cgroup.Tree with groups behind the interface.
type realTree struct{ *cgroup.Tree }

func openTree(dir string) (Tree, error) {
	t, err := cgroup.OpenTree(dir)
	if err != nil {
		return nil, err
	}
	return realTree{t}, nil
}

func (t realTree) MakeIn(parent, name string, r *specs.LinuxResources) (Group, []cgroup.Unmet, error) {
	g, unmet, err := t.Tree.MakeIn(parent, name, r)
	if err != nil {
		return nil, unmet, err
	}
	return g, unmet, nil
}

func (t realTree) Group(name string) (Group, error) {
	g, err := t.Tree.Group(name)
	if err != nil {
		return nil, err
	}
	return g, nil
}
