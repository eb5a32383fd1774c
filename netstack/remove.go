package netstack

import (
	"errors"
	"fmt"
	"slices"
)

// RemoveSandbox gives up a container's namespace, ports, names and addresses,
// also of one that an earlier process left and nobody adopted. Unknown ids are
// no error. The kernel takes the namespace apart when the last process in it
// has gone, which is not waited for.
func (s *Stack) RemoveSandbox(id string) error {
	errs := []error{s.ports.Gone(id)}
	s.zone.Remove(id)
	s.mu.Lock()
	if sb := s.sandboxes[id]; sb != nil {
		sb.closeSockets()
		sb.ns.Close()
		errs = append(errs, s.cutStatic(sb))
		s.releaseAddresses(sb)
		delete(s.sandboxes, id)
		s.enterHostWaysFor(sb)
	}
	s.mu.Unlock()
	s.carried.Forget(id)
	s.forgetOutward(id)
	errs = append(errs, s.files.drop(ownedBy(id)))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("remove the network of container %s: %w", id, err)
	}
	return nil
}

// cutStatic deletes the endpoints with an address that the file demands: a
// successor will have the same one, and may come before the kernel has taken
// this namespace apart. Other addresses rest before they are used again.
func (s *Stack) cutStatic(sb *Sandbox) error {
	var errs []error
	for i, e := range sb.endpoints {
		if i < len(sb.spec.Endpoints) && sb.spec.Endpoints[i].static() {
			if n := s.networks[e.Network]; n != nil {
				errs = append(errs, n.router.deleteLink(e.RouterEnd))
			}
		}
	}
	return errors.Join(errs...)
}

// closeSockets ends the service of names without waiting.
func (sb *Sandbox) closeSockets() { sb.resolver.close() }

// DropUnclaimed drops all that an earlier process left and nobody has adopted,
// and returns the names: to be called once, after the last adoption.
func (s *Stack) DropUnclaimed() ([]string, error) {
	s.dropLost()
	names := s.files.leftovers()
	return names, s.files.drop(func(name string) bool { return slices.Contains(names, name) })
}
