package supervisor

import (
	"time"

	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// depends_on with restart: true. When a service crashes and its policy starts
// it again, its dependents that ask for it are stopped ("held") and started
// when their conditions hold again. Being held is recorded, so a supervisor
// that dies in between leaves nobody behind.

// holdDependents holds those that depend on service with restart: true, and
// what in turn depends on them.
func (s *Supervisor) holdDependents(service string) {
	all := make([]*Replica, 0, len(s.instances))
	for _, i := range s.instances {
		all = append(all, &i.rec)
	}
	for _, name := range record.RestartDependents(all, service) {
		s.apply(event{kind: CmdHold, name: name})
	}
}

func (s *Supervisor) holdRunning(i *instance, _ event) {
	i.rec.Held = true
	s.endRun(i, stopOrder{})
}

// holdIdle holds what does not run at this moment but is about to; what a
// command stopped stays out of it.
func (s *Supervisor) holdIdle(i *instance, _ event) {
	if i.rec.Desired != WantRunning {
		return
	}
	switch {
	case i.again:
		i.again = false
	case i.rec.State == Ending && s.restartsAfter(i):
	default:
		return
	}
	i.rec.Held = true
	s.recordFirst()
}

func (s *Supervisor) holdWaiting(i *instance, _ event) {
	i.rec.Held, i.rec.Due = true, time.Time{}
	s.enter(i, i.rec.Idle())
	s.recordFirst()
}

// settleHeld starts the held containers whose conditions hold, and gives up
// those whose dependency will not come back.
func (s *Supervisor) settleHeld() {
	for {
		moved := false
		for _, i := range s.instances {
			if i.rec.Held && i.rec.State.Settled() && i.rec.Desired == WantRunning {
				moved = s.settleOne(i) || moved
			}
		}
		if !moved {
			return
		}
	}
}

// settleOne reports that i is not held any more.
func (s *Supervisor) settleOne(i *instance) bool {
	all := true
	for _, d := range i.rec.Service.DependsOn {
		met, err := record.Met(s.Of(d.Service), d)
		if err != nil && d.Required && !record.Over(s.Of(d.Service)) {
			return false // unhealthy, say: that can still change
		}
		if err != nil && d.Required {
			i.rec.Held, i.rec.Desired = false, WantStopped
			i.rec.Reason, i.rec.Detail = ReasonDependency, err.Error()
			s.changed()
			s.emit(i, "stop")
			return true
		}
		all = all && (met || err != nil)
	}
	if all {
		s.apply(event{kind: CmdStart, name: i.rec.Name, auto: true})
	}
	return all
}
