package record

import "github.com/mocker-compose/mocker-compose/supervisor/states"

// Live reports that a run of it exists or may exist.
func (r *Replica) Live() bool {
	switch r.State {
	case states.Starting, states.Running, states.Stopping, states.Ending, states.Paused:
		return true
	}
	return false
}

// Runs reports that user code runs, or is paused, and nobody is ending it.
func (r *Replica) Runs() bool { return r.State == states.Running || r.State == states.Paused }

// Idle is the state when it does not run: user code that never ran has
// not exited, whatever became of its starts.
func (r *Replica) Idle() states.State {
	if r.Started.IsZero() {
		return states.Created
	}
	return states.Exited
}

// Final reports that it does not run and nothing will start it but a command.
func (r *Replica) Final() bool {
	return r.State.Settled() && !r.WillStart()
}

// WillStart reports that it will be started without a further command.
func (r *Replica) WillStart() bool {
	return r.State == states.Waiting || (r.Held && r.Desired == states.WantRunning)
}
