package supervisor

import (
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// The words for where a container stands; see package states.
type (
	State   = states.State
	Desired = states.Desired
	Reason  = states.Reason
)

// What is on disk of a project; see package record.
type (
	Record  = record.Record
	Replica = record.Replica
)

// The states, the desires and the reasons.
const (
	Creating, Created, Starting, Running, Stopping                 = states.Creating, states.Created, states.Starting, states.Running, states.Stopping
	Ending, Waiting, Exited, Removing, Paused                      = states.Ending, states.Waiting, states.Exited, states.Removing, states.Paused
	WantStopped, WantRunning                                       = states.WantStopped, states.WantRunning
	ReasonNone, ReasonExited, ReasonSignal, ReasonOOM              = states.ReasonNone, states.ReasonExited, states.ReasonSignal, states.ReasonOOM
	ReasonStopped, ReasonStartFailed, ReasonDependency, ReasonLost = states.ReasonStopped, states.ReasonStartFailed, states.ReasonDependency, states.ReasonLost
)

// detailOf is what there is to say of an end beside its reason.
func detailOf(e Exit) string {
	switch {
	case e.OOM && e.Limit > 0:
		return "limit " + project.Size(e.Limit)
	case e.OOM:
		return "not its own limit, the machine or a cgroup above ran out"
	}
	return ""
}

// reasonOf tells why a run with that end is over, when no command ended it.
func reasonOf(e Exit) Reason {
	switch {
	case e.OOM:
		return ReasonOOM
	case e.Signal != 0:
		return ReasonSignal
	}
	return ReasonExited
}
