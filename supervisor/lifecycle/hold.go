package lifecycle

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
func (l *Loop) holdDependents(service string) {
	all := make([]*Replica, 0, len(l.Instances))
	for _, i := range l.Instances {
		all = append(all, &i.Rec)
	}
	for _, name := range record.RestartDependents(all, service) {
		l.apply(event{kind: CmdHold, name: name})
	}
}

func (l *Loop) holdRunning(i *Instance, _ event) {
	i.Rec.Held = true
	l.endRun(i, stopOrder{})
}

// holdIdle holds what does not run at this moment but is about to; what a
// command stopped stays out of it.
func (l *Loop) holdIdle(i *Instance, _ event) {
	if i.Rec.Desired != WantRunning {
		return
	}
	switch {
	case i.again:
		i.again = false
	case i.Rec.State == Ending && l.restartsAfter(i):
	default:
		return
	}
	i.Rec.Held = true
	l.recordFirst()
}

func (l *Loop) holdWaiting(i *Instance, _ event) {
	i.Rec.Held, i.Rec.Due = true, time.Time{}
	l.enter(i, i.Rec.Idle())
	l.recordFirst()
}

// settleHeld starts the held containers whose conditions hold, and gives up
// those whose dependency will not come back.
func (l *Loop) settleHeld() {
	for {
		moved := false
		for _, i := range l.Instances {
			if i.Rec.Held && i.Rec.State.Settled() && i.Rec.Desired == WantRunning {
				moved = l.settleOne(i) || moved
			}
		}
		if !moved {
			return
		}
	}
}

// settleOne reports that i is not held any more.
func (l *Loop) settleOne(i *Instance) bool {
	all := true
	for _, d := range i.Rec.Service.DependsOn {
		met, err := record.Met(l.Of(d.Service), d)
		if err != nil && d.Required && !record.Over(l.Of(d.Service)) {
			return false // unhealthy, say: that can still change
		}
		if err != nil && d.Required {
			i.Rec.Held, i.Rec.Desired = false, WantStopped
			i.Rec.Reason, i.Rec.Detail = ReasonDependency, err.Error()
			l.Changed()
			l.Emit(i, "stop")
			return true
		}
		all = all && (met || err != nil)
	}
	if all {
		l.apply(event{kind: CmdStart, name: i.Rec.Name, auto: true})
	}
	return all
}
