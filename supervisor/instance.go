package supervisor

import (
	"context"
	"time"
)

// instance is the loop's object for one container. Besides the record it holds
// what only a living supervisor has; nothing outside the loop touches it. It
// has many fields because it is the one place for a container's state: none of
// them is a second truth about "does it run".
type instance struct {
	rec      Replica
	prepared bool               // Runtime.Create was called, or the run was adopted, in this supervisor's life
	again    bool               // start when the present state ends
	run      *Run               // Running, Stopping
	killed   *Run               // the run of which an event has told that it is killed
	cancel   context.CancelFunc // Starting: ends the launch
	timer    *time.Timer        // Waiting: back-off; Stopping: grace, then stuck
	token    uint64             // changes with every state and timer; timers carry it
	deadline time.Time          // Stopping: end of the grace period
	back     bool               // Stopping: the command that stops it will start it
	pending  stopOrder          // Starting: the stop that came meanwhile
	monitor  context.CancelFunc // ends the health monitor
	asked    time.Time          // since when its run is asked what it is asked now; before its start: since then
	phase    string             // the key of the hooks that are under way, "" = none
	hooks    context.CancelFunc // ends them
	order    stopOrder          // Stopping: what is left to do after the hooks
	warning  error              // a hook of pre_stop that failed
	attempts int                // launches that have come to a result
	failure  error              // result of the last launch
	trouble  error              // why the last command could not be carried out
	stays    bool               // its removal has failed: only a command tries again
	claims   int                // requests that want it to stay, although it is to go when it has ended
}

// busyError is a command that the state does not allow.
type busyError struct {
	name  string
	state State
	event Event
}

func (e *busyError) Error() string {
	return "container " + e.name + " is " + e.state.String() + ": cannot " + e.event.String() + " it now; run the command again"
}

// enter moves i to a state. All moves go through here: a timer of the state
// before is worthless from now on.
func (s *Supervisor) enter(i *instance, to State) {
	i.rec.State = to
	s.disarm(i)
	s.changed()
}

func (s *Supervisor) disarm(i *instance) {
	s.tokens++
	i.token = s.tokens
	if i.timer != nil {
		i.timer.Stop()
		i.timer = nil
	}
}

// arm sends kind to i after d, unless its state or timer changes before.
func (s *Supervisor) arm(i *instance, d time.Duration, kind Event) {
	s.disarm(i)
	e := event{kind: kind, name: i.rec.Name, token: i.token}
	i.timer = time.AfterFunc(d, func() { s.post(e) })
}

func (s *Supervisor) wantRunning(i *instance, _ event) {
	i.rec.Desired, i.rec.Held = WantRunning, false
	s.changed()
}

func (s *Supervisor) wantStopped(i *instance, _ event) {
	wasHeld := i.rec.WillStart()
	i.rec.Desired, i.rec.Held, i.again = WantStopped, false, false
	s.changed()
	if wasHeld {
		s.emit(i, "stop")
	}
}

// startAgain remembers a start that comes while something else is under way.
func (s *Supervisor) startAgain(i *instance, e event) {
	s.wantRunning(i, e)
	if !e.auto {
		i.rec.Restarts, i.rec.Counted, i.rec.Backoff = 0, 0, 0
	}
	i.again = true
	s.recordFirst()
}
