package client

import (
	"context"

	"github.com/mocker-compose/mocker-compose/internal/client/reach"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// What the host offers, set once before the first command runs (internal/early).
// They are variables because commands must not depend on the machinery that
// starts processes, and because tests put a supervisor of their own here.
// report gets what the user should know of the machine, a line each.
var (
	// EnsureProject starts the holders and the supervisor of a project where
	// they do not run, and returns when the supervisor accepts connections.
	EnsureProject = func(ctx context.Context, dirs state.Dirs, project string, report func(string)) error {
		return reach.ErrNoHost
	}
	// Unshare runs argv inside the user namespace, on our own standard files,
	// and returns its exit code.
	Unshare = func(ctx context.Context, dirs state.Dirs, argv []string, report func(string)) (int, error) {
		return 0, reach.ErrNoHost
	}
)

// Supervisors are those of our projects.
func (e *Env) Supervisors() *reach.Supervisors {
	return &reach.Supervisors{Dirs: e.Dirs, Start: EnsureProject, Warn: e.Warn, DryRun: e.Global.DryRun}
}
