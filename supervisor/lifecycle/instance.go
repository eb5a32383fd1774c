package lifecycle

import (
	"context"
	"time"
)

// Instance is the loop's object for one container. Besides the record it holds
// what only a living supervisor has; nothing outside the loop touches it. It
// has many fields because it is the one place for a container's state: none of
// them is a second truth about "does it run".
type Instance struct {
	Rec      Replica
	prepared bool               // Runtime.Create was called, or the run was adopted, in this supervisor's life
	again    bool               // start when the present state ends
	Run      *Run               // Running, Stopping
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
	Claims   int                // requests that want it to stay, although it is to go when it has ended
}

// BusyError is a command that the state does not allow.
type BusyError struct {
	name  string
	state State
	event Event
}

// Error names the container, its state and the command.
func (e *BusyError) Error() string {
	return "container " + e.name + " is " + e.state.String() + ": cannot " + e.event.String() + " it now; run the command again"
}

// enter moves i to a state. All moves go through here: a timer of the state
// before is worthless from now on.
func (l *Loop) enter(i *Instance, to State) {
	i.Rec.State = to
	l.disarm(i)
	l.Changed()
}

func (l *Loop) disarm(i *Instance) {
	l.tokens++
	i.token = l.tokens
	if i.timer != nil {
		i.timer.Stop()
		i.timer = nil
	}
}

// arm sends kind to i after d, unless its state or timer changes before.
func (l *Loop) arm(i *Instance, d time.Duration, kind Event) {
	l.disarm(i)
	e := event{kind: kind, name: i.Rec.Name, token: i.token}
	i.timer = time.AfterFunc(d, func() { l.post(e) })
}

func (l *Loop) wantRunning(i *Instance, _ event) {
	i.Rec.Desired, i.Rec.Held = WantRunning, false
	l.Changed()
}

func (l *Loop) wantStopped(i *Instance, _ event) {
	wasHeld := i.Rec.WillStart()
	i.Rec.Desired, i.Rec.Held, i.again = WantStopped, false, false
	l.Changed()
	if wasHeld {
		l.Emit(i, "stop")
	}
}

// startAgain remembers a start that comes while something else is under way.
func (l *Loop) startAgain(i *Instance, e event) {
	l.wantRunning(i, e)
	if !e.auto {
		i.Rec.Restarts, i.Rec.Counted, i.Rec.Backoff = 0, 0, 0
	}
	i.again = true
	l.recordFirst()
}
