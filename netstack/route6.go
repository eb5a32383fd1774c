package netstack

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// SetIPv6Way says whether the host can route IPv6 to the outside. Only then do
// containers have a default route for it: else programs would try IPv6 first, in
// vain. Containers that run get or lose theirs at once.
func (s *Stack) SetIPv6Way(open bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.way6 == open {
		return nil
	}
	s.way6 = open
	var errs []error
	for id, sb := range s.sandboxes {
		if err := s.routeIPv6(sb, open); err != nil {
			errs = append(errs, fmt.Errorf("container %s: default route for IPv6: %w", id, err))
		}
	}
	return errors.Join(errs...)
}

// routeIPv6 makes or deletes the default route in a sandbox that has IPv6. s.mu
// is held.
func (s *Stack) routeIPv6(sb *Sandbox, open bool) error {
	i := s.defaultRoute6(sb.endpoints)
	if i < 0 || sb.ns == nil { // one that is just being made looks for itself
		return nil
	}
	e, kind := sb.endpoints[i], unix.RTM_DELROUTE
	if open {
		kind = unix.RTM_NEWROUTE
	}
	err := s.worker.do(sb.ns, func() error {
		inside, err := openRTNetlink()
		if err != nil {
			return err
		}
		defer inside.close()
		index, err := inside.indexOf(e.Interface)
		if err != nil {
			return err
		}
		return inside.do(nil, routeRequest(kind, index, e.Gateway6).named("by %s", e.Gateway6))
	})
	if errors.Is(err, unix.EEXIST) || errors.Is(err, unix.ESRCH) || errors.Is(err, unix.ENODEV) {
		return nil // it is so already, or the container has changed it
	}
	return err
}
