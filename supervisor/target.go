package supervisor

import (
	"fmt"

	"github.com/mocker-compose/mocker-compose/supervisor/door"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// target is the container of a service that exec and attach work on.
func (s *Supervisor) target(service string, index int) (*Replica, error) {
	if err := s.checkServices([]string{service}); err != nil {
		return nil, err
	}
	all, err := s.loop.Snapshot(nil)
	if err != nil {
		return nil, err
	}
	all = record.Targets(all, service, index)
	switch {
	case len(all) > 0:
		return &all[0], nil
	case index > 0:
		return nil, fmt.Errorf("service %q is not running container #%d", service, index)
	}
	return nil, door.WithHint("start it with: mocker-compose up -d "+service, fmt.Errorf("service %q is not running", service))
}
