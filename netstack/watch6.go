package netstack

import (
	"fmt"

	"github.com/mocker-compose/mocker-compose/netstack/egress"
)

// followIPv6 offers IPv6 to the containers as long as the host can route it.
func (s *Stack) followIPv6() {
	last := s.way6
	look := func() {
		open := egress.HasIPv6()
		if open == last {
			return
		}
		last = open
		if err := s.SetIPv6Way(open); err != nil {
			s.report(fmt.Sprintf("the host's way out by IPv6 has changed: %v", err))
		}
	}
	s.wg.Go(func() {
		if err := egress.WatchIPv6(s.ctx, look); err != nil {
			s.report(fmt.Sprintf("changes of the host's IPv6 routes are not followed: %v", err))
		}
	})
}
