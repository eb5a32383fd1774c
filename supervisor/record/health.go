package record

import "github.com/mocker-compose/mocker-compose/supervisor/policy"

// Judge makes a verdict part of the health: of the readiness, or of the health check.
func (r *Replica) Judge(h policy.Health, ready bool) {
	if r.Parts != nil {
		p := *r.Parts // others may be reading them
		if ready {
			p.Ready = h
		} else {
			p.Check = h
		}
		r.Parts = &p
		h = policy.Join(r.Health.Status, p.Check, p.Ready)
	}
	r.Health = h
}
