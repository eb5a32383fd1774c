package plan

import (
	"fmt"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/diff"
)

// Kind is what an operation does.
type Kind string

// The kinds of operation.
const (
	CreateNetwork Kind = "create network"
	CreateVolume  Kind = "create volume"
	RemoveNetwork Kind = "remove network"
	RemoveVolume  Kind = "remove volume"
	Create        Kind = "create"
	Start         Kind = "start"
	Stop          Kind = "stop"
	Remove        Kind = "remove"
	Wait          Kind = "wait"
	Connect       Kind = "connect"    // a container to a network, while it runs
	Disconnect    Kind = "disconnect" // a container from a network
	Update        Kind = "update"     // what a container is called on a network, and its priority
	Limit         Kind = "limit"      // what a container may use, while it runs
	Amend         Kind = "amend"      // what is on record of a container, in place
	Settle        Kind = "settle"     // a group of containers that were replaced is watched
)

// ID is the number of an operation in its plan, from 1.
type ID int

// Operation is one step. It is atomic: it succeeds or fails as a whole.
type Operation struct {
	ID   ID
	Kind Kind
	// Object is the resolved name of the container, network or volume; for a
	// Wait it is the service waited for.
	Object string
	// Key is the key of a network or volume in the project.
	Key string
	// Service and Number say which replica a container operation is about.
	// Service is the one waited for in a Wait.
	Service string
	Number  int
	// Network is the resolved name of the network of a Connect, Disconnect or
	// Update; Endpoint is the attachment as it is wanted (of a Disconnect: as it was).
	Network  string
	Endpoint project.Endpoint
	// Resources are the limits that a Limit makes hold.
	Resources project.Resources
	// Changes are the differences that an operation on a container comes of; an Amend
	// puts these fields on record.
	Changes []diff.Change
	// Condition is what a Wait waits for.
	Condition project.Condition
	// Optional: the failure of this operation (a Wait of a dependency with
	// required: false) is a warning and holds nobody up.
	Optional bool
	// Replaces: the container that this Create makes takes the place of one
	// that is removed by the same plan; this Stop and Remove make room for it. A
	// network that is removed so will be made anew, and who is disconnected so will
	// be back.
	Replaces bool
	// Rolls: this operation on a container belongs to a replacement in groups
	// (deploy.update_config): what follows its failure is decided by the Settle of its
	// group, which is Number of Of.
	Rolls bool
	Of    int
	// Cause says why, in words.
	Cause string
	// After are the operations that must have succeeded before.
	After []ID
}

// Plan is a graph of operations in a valid order.
type Plan struct {
	Operations []Operation
	// Orphans are containers of services that the files do not define, sorted
	// by name, when they were not asked to be removed: worth a warning.
	Orphans []string
	// Outcomes say what becomes of each container of an up, by name of the service and
	// number: also of those that stay as they are.
	Outcomes []Outcome
}

// Empty reports that there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Operations) == 0 }

// String has one line per operation: number, what, why, after what.
func (p *Plan) String() string {
	var b strings.Builder
	for _, op := range p.Operations {
		b.WriteString(op.String())
		b.WriteByte('\n')
	}
	for _, o := range p.Orphans {
		fmt.Fprintf(&b, "orphan %s\n", o)
	}
	return b.String()
}

// String is the operation's line in a printed plan.
func (op Operation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s %s", op.ID, op.Kind, op.Object)
	if op.Kind == Wait {
		fmt.Fprintf(&b, " %s", op.Condition)
	}
	if op.Network != "" {
		fmt.Fprintf(&b, " %s", op.Network)
	}
	if op.Optional {
		b.WriteString(" (optional)")
	}
	fmt.Fprintf(&b, ": %s", op.Cause)
	for i, id := range op.After {
		sep := ","
		if i == 0 {
			sep = "; after "
		}
		fmt.Fprintf(&b, "%s%d", sep, id)
	}
	return b.String()
}
