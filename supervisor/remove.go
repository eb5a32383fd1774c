package supervisor

import (
	"context"
	"fmt"
)

// beginRemove deletes a container that does not run.
func (s *Supervisor) beginRemove(i *instance, e event) {
	i.rec.Desired, i.rec.Held = WantStopped, false
	s.enter(i, Removing)
	c := i.rec.Container
	remove := func() {
		ctx, cancel := context.WithTimeout(s.ctx, removeLimit)
		defer cancel()
		s.postResult(c.Name, s.rt.Remove(ctx, &c, e.volumes), Removed, RemoveFailed)
	}
	// A supervisor that finds it half removed must not take it for one that
	// vanished while it ran; but a full disk keeps nothing from being removed.
	s.then(remove, func(error) { remove() })
}

func (s *Supervisor) gone(i *instance, _ event) {
	s.disarm(i)
	delete(s.instances, i.rec.Name)
	s.changed()
	s.emit(i, "destroy")
}

func (s *Supervisor) removeFailed(i *instance, e event) {
	i.trouble = fmt.Errorf("remove container %s: %w", i.rec.Name, e.err)
	// Some of it may be gone: the next start makes it anew.
	i.prepared, i.stays = false, true
	s.enter(i, i.rec.Idle())
}
