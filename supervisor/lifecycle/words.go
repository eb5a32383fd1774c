package lifecycle

import (
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// The words for where a container stands; see package states.
type (
	State   = states.State
	Desired = states.Desired
	Reason  = states.Reason
)

// stopOrder says how long a stop may take; see package policy.
type stopOrder = policy.StopOrder

// What the kernel is asked for, and what it says; see package kernel.
type (
	Container  = kernel.Container
	Exit       = kernel.Exit
	Run        = kernel.Run
	StartError = kernel.StartError
	LimitError = kernel.LimitError
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
