package supervisor

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
)

// ensure makes the networks and volumes of the desired project, unless this
// supervisor has done so before. It is called by up, and by the start of a
// container whose holder may have died since the last one.
func (s *Supervisor) ensure(ctx context.Context) error {
	select {
	case <-s.ready:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { s.ready <- struct{}{} }()
	var p project.Project
	var outdated bool
	if err := s.ask(func() { p, outdated = s.desired, s.outdated }); err != nil {
		return err
	}
	if s.ensured && !outdated {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, createLimit)
	defer cancel()
	if err := s.rt.EnsureNetworks(ctx, &p); err != nil {
		return fmt.Errorf("create the networks of project %s: %w", p.Name, err)
	}
	if err := s.rt.EnsureVolumes(ctx, &p); err != nil {
		return fmt.Errorf("create the volumes of project %s: %w", p.Name, err)
	}
	s.ensured = true
	return s.ask(func() { s.outdated = false })
}

// unensure forgets that networks and volumes exist.
func (s *Supervisor) unensure() {
	<-s.ready
	s.ensured = false
	s.ready <- struct{}{}
}

// sameShared reports that two projects share the same networks and volumes.
func sameShared(a, b *project.Project) bool {
	return reflect.DeepEqual(a.Networks, b.Networks) && reflect.DeepEqual(a.Volumes, b.Volumes)
}

// appendIfNew adds name to known, and to list if it was not known.
func appendIfNew(list []string, known *[]string, name string) []string {
	if slices.Contains(*known, name) {
		return list
	}
	*known = append(*known, name)
	return append(list, name)
}

func without(list, gone []string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return slices.Contains(gone, s) })
}
