package supervisor

import (
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// stopOrder says how long a stop may take; see package policy.
type stopOrder = policy.StopOrder

// What is on disk of a project; see package record.
type (
	Record  = record.Record
	Replica = record.Replica
)

// State is where a container stands; see package states.
type State = states.State

// The states that commands ask for; see package states.
const (
	Creating, Created, Starting, Running, Stopping = states.Creating, states.Created, states.Starting, states.Running, states.Stopping
	Waiting, Exited, Removing, Paused              = states.Waiting, states.Exited, states.Removing, states.Paused
	ReasonExited, ReasonOOM, ReasonLost            = states.ReasonExited, states.ReasonOOM, states.ReasonLost
)
