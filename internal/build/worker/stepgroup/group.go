package stepgroup

import (
	"context"
	"os"

	"github.com/mocker-compose/mocker-compose/rootless/cgroup"
)

// Group is the cgroup of one step.
type Group struct{ group *cgroup.Group }

// Dir is its directory, for the birth of the step's first process (clone3(2),
// CLONE_INTO_CGROUP). It is open until End.
func (g *Group) Dir() *os.File { return g.group.Dir() }

// Starved tells whether the kernel has killed one of its processes because memory was
// short, in the group or on the machine. Ask before End.
func (g *Group) Starved() bool {
	oom, err := g.group.OOM()
	return err == nil && oom.Kills > 0
}

// End kills what is left of the step, waits for that, and removes the group.
func (g *Group) End() error {
	ctx, cancel := context.WithTimeout(context.Background(), removalLimit)
	defer cancel()
	return g.group.Remove(ctx)
}
