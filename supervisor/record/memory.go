package record

import "github.com/mocker-compose/mocker-compose/supervisor/states"

// Out says of an end for want of memory what it was that ran out: "out of memory:
// limit 100 MiB".
func (r *Replica) Out() string {
	const text = "out of memory"
	if r.Reason == states.ReasonOOM && r.Detail != "" {
		return text + ": " + r.Detail
	}
	return text
}
