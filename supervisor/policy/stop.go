package policy

import (
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// defaultGrace is docker's: the time from the stop signal to SIGKILL.
const defaultGrace = 10 * time.Second

// StopOrder says how long a stop may take. The zero value: as the service says.
type StopOrder struct {
	Back  bool // it will be started again, by the same command
	Bare  bool // without the hooks of pre_stop: what stops was never up
	Grace time.Duration
	Set   bool
}

// StopWithin reads the timeout of a request; nil: as the service says.
func StopWithin(timeout *time.Duration) StopOrder {
	if timeout == nil {
		return StopOrder{}
	}
	return StopOrder{Grace: max(0, *timeout), Set: true}
}

// AndBack is the order to a container that the same command will start again.
func (o StopOrder) AndBack() StopOrder {
	o.Back = true
	return o
}

// GraceOf is the grace period that applies to a container of a service.
func (o StopOrder) GraceOf(s *project.Service) time.Duration {
	switch {
	case o.Set:
		return o.Grace
	case s.StopGracePeriod > 0:
		return s.StopGracePeriod
	}
	return defaultGrace
}
