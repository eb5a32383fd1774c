package lifecycle

import (
	"context"
	"fmt"
)

// beginRemove deletes a container that does not run.
func (l *Loop) beginRemove(i *Instance, e event) {
	i.Rec.Desired, i.Rec.Held = WantStopped, false
	l.enter(i, Removing)
	c := i.Rec.Container
	remove := func() {
		ctx, cancel := context.WithTimeout(l.ctx, RemoveLimit)
		defer cancel()
		l.postResult(c.Name, l.rt.Remove(ctx, &c, e.volumes), Removed, RemoveFailed)
	}
	// A supervisor that finds it half removed must not take it for one that
	// vanished while it ran; but a full disk keeps nothing from being removed.
	l.then(remove, func(error) { remove() })
}

func (l *Loop) gone(i *Instance, _ event) {
	l.disarm(i)
	delete(l.Instances, i.Rec.Name)
	l.Changed()
	l.Emit(i, "destroy")
}

func (l *Loop) removeFailed(i *Instance, e event) {
	i.trouble = fmt.Errorf("remove container %s: %w", i.Rec.Name, e.err)
	// Some of it may be gone: the next start makes it anew.
	i.prepared, i.stays = false, true
	l.enter(i, i.Rec.Idle())
}
