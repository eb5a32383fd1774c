package lifecycle

import (
	"context"
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// Shared is what is recorded of the project beside its containers.
type Shared struct {
	Desired  project.Project            // as the last up gave it
	Outdated bool                       // Desired has networks or volumes that may not exist
	Networks []string                   // resolved names that exist
	Defined  map[string]project.Network // as they were made, by resolved name
	Born     map[string]time.Time       // when; maps are replaced, never changed
	Volumes  []string
	Rollouts map[string]record.Rollout // that have not ended, by service; replaced, never changed
	Failure  *record.Failure           // of the last command to start something
}

// Ensure makes the networks and volumes of the desired project, unless this
// supervisor has done so before. It is called before containers are made, and
// by the start of one whose holder may have died since the last.
func (l *Loop) Ensure(ctx context.Context) error {
	select {
	case <-l.ready:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { l.ready <- struct{}{} }()
	var p project.Project
	var outdated bool
	if err := l.Ask(func() { p, outdated, l.Outdated = l.Desired, l.Outdated, false }); err != nil {
		return err
	}
	if l.ensured && !outdated {
		return nil
	}
	l.ensured = false
	ctx, cancel := context.WithTimeout(ctx, CreateLimit)
	defer cancel()
	if err := l.rt.EnsureNetworks(ctx, &p); err != nil {
		return fmt.Errorf("create the networks of project %s: %w", p.Name, err)
	}
	if err := l.rt.EnsureVolumes(ctx, &p); err != nil {
		return fmt.Errorf("create the volumes of project %s: %w", p.Name, err)
	}
	l.ensured = true
	return nil
}
