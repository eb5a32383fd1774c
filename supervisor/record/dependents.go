package record

import "slices"

// RestartDependents are the containers, other than those of service, that a restart of
// service stops and starts: those with restart: true for it, and what in turn has that
// for them; in no order.
func RestartDependents(all []*Replica, service string) []string {
	var names []string
	seen := map[string]bool{service: true}
	todo := []string{service}
	for len(todo) > 0 {
		svc := todo[0]
		todo = todo[1:]
		for _, r := range all {
			own := r.Service.Name
			if r.OneOff != nil || own == service || !r.restartsWith(svc) {
				continue
			}
			if !seen[own] {
				seen[own] = true
				todo = append(todo, own)
			}
			if !slices.Contains(names, r.Name) {
				names = append(names, r.Name)
			}
		}
	}
	return names
}

// restartsWith reports that r has restart: true for service.
func (r *Replica) restartsWith(service string) bool {
	for _, d := range r.Service.DependsOn {
		if d.Service == service && d.Restart {
			return true
		}
	}
	return false
}
