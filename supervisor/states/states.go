// Package states has the words for where a container stands: its state, what can happen to it, what is
// wanted of it, and why it does not run. They are numbers in the supervisor, and
// names in its records.
package states

import "fmt"

// State is where a container stands now. Only the event loop writes it.
type State uint8

// The states. A container that is gone has no state: its instance is deleted.
const (
	Creating State = iota // Runtime.Create is under way
	Created               // exists, has never run; perhaps its start failed
	Starting              // Runtime.Start is under way
	Running               // user code runs
	Stopping              // runs, and has been told to end
	Ending                // the run is over, Runtime.Stopped is under way
	Waiting               // will be started again when its back-off is over
	Exited                // has run, does not run
	Removing              // Runtime.Remove is under way
	Paused                // runs, but none of its processes is scheduled
	NumStates
)

var stateNames = [NumStates]string{
	"creating", "created", "starting", "running", "stopping", "ending", "waiting", "exited", "removing", "paused",
}

// String is the state's name, as it stands in records.
func (s State) String() string { return Name(stateNames[:], int(s)) }

// MarshalText writes the name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name; an unknown one is an error.
func (s *State) UnmarshalText(b []byte) (err error) {
	n, err := indexOf(stateNames[:], "state", b)
	*s = State(n)
	return err
}

// Settled reports that nothing is under way: the container exists and does not run.
func (s State) Settled() bool { return s == Created || s == Exited }

// Docker is the word that docker's ps has for the state.
func (s State) Docker() string {
	switch s {
	case Creating, Created:
		return "created"
	case Starting, Waiting:
		return "restarting"
	case Running, Stopping:
		return "running"
	case Ending, Exited:
		return "exited"
	case Removing:
		return "removing"
	case Paused:
		return "paused"
	}
	return "dead"
}

// Desired is what is wanted of a container. Commands write it; it decides
// whether a restart policy applies.
type Desired uint8

// The desires.
const (
	WantStopped Desired = iota // nobody wants it to run: a policy must not restart it
	WantRunning                // somebody started it and nobody stopped it since
	NumDesired
)

var desiredNames = [NumDesired]string{"stopped", "running"}

// String is the desire's name, as it stands in records.
func (d Desired) String() string { return Name(desiredNames[:], int(d)) }

// MarshalText writes the name.
func (d Desired) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a name; an unknown one is an error.
func (d *Desired) UnmarshalText(b []byte) (err error) {
	n, err := indexOf(desiredNames[:], "desire", b)
	*d = Desired(n)
	return err
}

// Reason is why a container does not run.
type Reason uint8

// The reasons.
const (
	ReasonNone        Reason = iota // it runs, or has never run
	ReasonExited                    // it ended by itself
	ReasonSignal                    // a signal that we did not send ended it
	ReasonOOM                       // the kernel killed it for its memory
	ReasonStopped                   // a command stopped it
	ReasonStartFailed               // it could not be started
	ReasonDependency                // stopped because what it depends on restarts, or failed
	ReasonLost                      // it vanished with the project's holder or with the machine
	NumReasons
)

var reasonNames = [NumReasons]string{
	"", "exited", "signal", "oom", "stopped", "start failed", "dependency", "lost",
}

// String is the reason's name, as it stands in records.
func (r Reason) String() string { return Name(reasonNames[:], int(r)) }

// MarshalText writes the name.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a name; an unknown one is an error.
func (r *Reason) UnmarshalText(b []byte) (err error) {
	n, err := indexOf(reasonNames[:], "reason", b)
	*r = Reason(n)
	return err
}

// Name is the i-th name, or says that there is none.
func Name(names []string, i int) string {
	if i >= len(names) {
		return fmt.Sprintf("invalid(%d)", i)
	}
	return names[i]
}

func indexOf(names []string, what string, b []byte) (int, error) {
	for i, n := range names {
		if n == string(b) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("unknown %s %q", what, b)
}
