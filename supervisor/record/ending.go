package record

import (
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// ReasonOf tells why a run with that end is over, when no command ended it, and what
// there is to say beside.
func ReasonOf(e kernel.Exit) (reason states.Reason, detail string) {
	switch {
	case e.OOM && e.Limit > 0:
		return states.ReasonOOM, "limit " + project.Size(e.Limit)
	case e.OOM:
		return states.ReasonOOM, "not its own limit, the machine or a cgroup above ran out"
	case e.Signal != 0:
		return states.ReasonSignal, ""
	}
	return states.ReasonExited, ""
}
