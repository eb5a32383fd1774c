package diff

import (
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
)

// steps compares the steps of pre_start, a value a line. A step is the service's own
// specification with its keys over it: what it only has from the service is said there,
// and needs what it needs there. own are the changes of the service.
func steps(was, is *project.Service, own []Change) (list []Change) {
	for n := range max(len(was.PreStart), len(is.PreStart)) {
		key := fmt.Sprintf("pre_start[%d]", n)
		add := func(key, text string) {
			list = append(list, Change{Key: key, Text: text, Need: Recreate, Field: "PreStart"})
		}
		switch {
		case n >= len(was.PreStart):
			add(key, "added")
			continue
		case n >= len(is.PreStart):
			add(key, "removed")
			continue
		}
		a, b := &was.PreStart[n], &is.PreStart[n]
		for _, c := range Compare(&a.Service, &b.Service) {
			if c.Need > Nothing && !atStart(c) && !followed(c, own) {
				add(key+"."+c.Key, c.Text)
			}
		}
		if a.PerReplica != b.PerReplica {
			add(key+".per_replica", fmt.Sprintf("%v -> %v", a.PerReplica, b.PerReplica))
		}
	}
	return list
}

// atStart reports a change that holds for a step when it is carried out the next time. Its
// limits and networks are no trace in what it has made: a step that is done is not done
// again for them, and the container that it was done for goes on.
func atStart(c Change) bool { return c.Field == "Resources" || c.Field == "Endpoints" }

// followed reports that a change of a step is one that the service has too, and that
// Copy brings to both.
func followed(c Change, own []Change) bool {
	return slices.ContainsFunc(own, func(o Change) bool {
		return o.Field == c.Field && o.Key == c.Key && o.Text == c.Text
	})
}

// eachStep calls do with the steps of two services that have as many; dst gets a list
// of its own first.
func eachStep(dst, src *project.Service, do func(dst, src *project.Service)) {
	if len(dst.PreStart) != len(src.PreStart) {
		return
	}
	dst.PreStart = slices.Clone(dst.PreStart)
	for n := range dst.PreStart {
		do(&dst.PreStart[n].Service, &src.PreStart[n].Service)
	}
}
