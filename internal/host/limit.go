package host

import (
	"context"

	"github.com/mocker-compose/mocker-compose/supervisor"
)

// Limit implements [supervisor.Runtime]. Runs have no cgroup of their own: no limit is
// enforced, so none has to change.
func (r *Runtime) Limit(context.Context, *supervisor.Container) error { return nil }
