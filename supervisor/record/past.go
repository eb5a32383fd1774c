package record

import (
	"slices"
	"syscall"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// pastKept is how many runs are remembered of a container.
const pastKept = 8

// Past is a run that is over, or a start that failed.
type Past struct {
	Run     int           `json:"run"`
	Started time.Time     `json:"started,omitzero"` // zero: it was not started
	Exit    kernel.Exit   `json:"exit"`
	Reason  states.Reason `json:"reason"`
}

// Remember adds the run that has just ended, or failed to start, to the past ones.
func (r *Replica) Remember() {
	if r.Exit == nil {
		return
	}
	p := Past{Run: r.Run, Exit: *r.Exit, Reason: r.Reason}
	if r.Reason != states.ReasonStartFailed {
		p.Started = r.Started
	}
	old := r.Past[max(0, len(r.Past)+1-pastKept):]
	r.Past = slices.Concat(old, []Past{p}) // others may be reading the one before
}

// Sender is who sent a signal to a run.
type Sender string

// The senders.
const (
	SentByStop  Sender = "stop"  // a command that ends the run: stop, down, restart, up
	SentByGrace Sender = "grace" // the end of the grace period of such a command
	SentByKill  Sender = "kill"  // the command kill
)

// Sent is the last signal that we sent to a run.
type Sent struct {
	Signal syscall.Signal `json:"signal"`
	By     Sender         `json:"by"`
	At     time.Time      `json:"at"`
	// Waited is, with SentByGrace, the time since the stop signal.
	Waited time.Duration `json:"waited,omitempty"`
}

// Send is the record of a signal that follows before, which may be nil. Where no time was
// given there was no stop signal: the kill is the command's own.
func Send(before *Sent, sig syscall.Signal, by Sender) *Sent {
	s := &Sent{Signal: sig, By: by, At: time.Now()}
	switch {
	case by != SentByGrace:
	case before == nil || before.By != SentByStop:
		s.By = SentByStop
	default:
		s.Waited = s.At.Sub(before.At)
	}
	return s
}

// Failure is how the last command to start something failed.
type Failure struct {
	At time.Time `json:"at"`
	Op api.Op    `json:"op"`
	api.Error
}
