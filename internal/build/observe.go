package build

import "time"

// Event is what the user may want to see of a build.
type Event struct {
	Kind   EventKind
	Stage  string // its name
	Number int    // of the step in its stage, from 1; 0: getting the base, or the build as a whole
	Steps  int    // how many the stage has
	Text   string // of the step, or of what is done
	Output []byte // Output: what the program wrote
	Took   time.Duration
	Err    error
}

// EventKind tells the fields that count.
type EventKind string

// The kinds.
const (
	Started  EventKind = "started"
	Output   EventKind = "output"
	Cached   EventKind = "cached"
	Done     EventKind = "done"
	Failed   EventKind = "failed"
	Canceled EventKind = "canceled" // ended because something else failed, or by the user
	Warned   EventKind = "warned"
)
