package netstack

import (
	"errors"
	"fmt"
)

// RemoveSandbox gives up a container's namespace, ports, names and addresses,
// also of one that an earlier process left and nobody adopted. Unknown ids are
// no error. The kernel takes the namespace apart when the last process in it
// has gone, which is not waited for.
func (s *Stack) RemoveSandbox(id string) error {
	err := s.Unpublish(id)
	s.zone.Remove(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if sb := s.sandboxes[id]; sb != nil {
		sb.closeSockets()
		sb.ns.Close()
		err = errors.Join(err, s.cutStatic(sb))
		s.releaseAddresses(sb)
		delete(s.sandboxes, id)
	}
	if err2 := s.dropFiles(id); err2 != nil {
		err = errors.Join(err, err2)
	}
	if err != nil {
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
		if i < len(sb.spec.Endpoints) && sb.spec.Endpoints[i].IPv4 != "" {
			errs = append(errs, s.router.deleteLink(e.RouterEnd))
		}
	}
	return errors.Join(errs...)
}

// closeSockets ends the service of names and of ports without waiting.
func (sb *Sandbox) closeSockets() {
	sb.resolver.close()
	for _, p := range sb.ports {
		p.close()
	}
	sb.ports = nil
}

// dropFiles drops all kept names that a container, or "@network", may have.
func (s *Stack) dropFiles(id string) error {
	names := []string{netName(id), dnsName(id, "udp"), dnsName(id, "tcp")}
	left := s.files.leftover(func(name string) bool { return belongsTo(name, id) })
	var errs []error
	for _, name := range append(names, left...) {
		errs = append(errs, s.files.drop(name))
	}
	return errors.Join(errs...)
}

// DropUnclaimed drops all that an earlier process left and nobody has adopted,
// and returns the names: to be called once, after the last adoption.
func (s *Stack) DropUnclaimed() ([]string, error) {
	names := s.files.leftover(func(string) bool { return true })
	var errs []error
	for _, name := range names {
		errs = append(errs, s.files.drop(name))
	}
	return names, errors.Join(errs...)
}
