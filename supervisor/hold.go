package supervisor

import "time"

// depends_on with restart: true. When a service crashes and its policy starts
// it again, its dependents that ask for it are stopped ("held") and started
// when their conditions hold again. Being held is recorded, so a supervisor
// that dies in between leaves nobody behind.

// holdDependents holds those that depend on service with restart: true, and
// what in turn depends on them.
func (s *Supervisor) holdDependents(service string) {
	for _, name := range s.restartDependents(service) {
		s.apply(event{kind: CmdHold, name: name})
	}
}

// restartDependents are the containers, other than those of service, that a
// restart of service stops and starts; in no order.
func (s *Supervisor) restartDependents(service string) []string {
	var names []string
	seen := map[string]bool{service: true}
	todo := []string{service}
	for len(todo) > 0 {
		svc := todo[0]
		todo = todo[1:]
		for _, i := range s.instances {
			if i.rec.OneOff != nil || !restartsWith(&i.rec.Container, svc) || (seen[i.rec.Service.Name] && i.rec.Service.Name == service) {
				continue
			}
			if !seen[i.rec.Service.Name] {
				seen[i.rec.Service.Name] = true
				todo = append(todo, i.rec.Service.Name)
			}
			names = appendNew(names, i.rec.Name)
		}
	}
	return names
}

func appendNew(names []string, name string) []string {
	for _, n := range names {
		if n == name {
			return names
		}
	}
	return append(names, name)
}

// restartsWith reports that c has restart: true for service.
func restartsWith(c *Container, service string) bool {
	for _, d := range c.Service.DependsOn {
		if d.Service == service && d.Restart {
			return true
		}
	}
	return false
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
		met, err := s.met(d)
		if err != nil && d.Required && !s.over(d.Service) {
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

// over reports that a container of service does not run and will not by itself.
func (s *Supervisor) over(service string) bool {
	all := s.replicas(service)
	for _, i := range all {
		if i.rec.Final() {
			return true
		}
	}
	return len(all) == 0
}
