// Package prestart says which steps of pre_start have to be carried out for a container
// before it starts, and which container carries one out: pure.
//
// A step runs once for a service, or once for each of its containers (per_replica), to its
// end, in the order of the file. How many are done is recorded for each container, so none
// is done again when the container is started again, or after a crash in the middle; a
// container that is made anew has them before it. One that joins others of the same
// definition has only those of its own.
package prestart

import (
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// number stands in place of a replica's number, as for what run makes.
const number = -1

// Needs reports that steps are to be done before a container may start.
func Needs(r *record.Replica) bool {
	return r.OneOff == nil && r.PreStarted < len(r.Service.PreStart)
}

// Next says what is to be done about the next step of a container: of is for which one
// its container is made, nil if the step is done already; marks are those of whom the step
// is done then. all are the containers of the service by number, without those that are
// about to go.
func Next(name string, all []record.Replica) (of *record.Replica, marks []string) {
	var me *record.Replica
	for i := range all {
		if all[i].Name == name {
			me = &all[i]
		}
	}
	if me == nil || !Needs(me) {
		return nil, nil
	}
	n := me.PreStarted
	if me.Service.PreStart[n].PerReplica {
		return me, []string{name}
	}
	for i := range all {
		r := &all[i]
		if !project.SameSteps(r.Service.PreStart, me.Service.PreStart) {
			continue
		}
		if r.PreStarted > n {
			return nil, []string{name}
		}
		if r.PreStarted == n {
			if of == nil && (r.Name == name || r.State != states.Creating) { // its volumes are there
				of = r
			}
			marks = append(marks, r.Name)
		}
	}
	return of, marks
}

// Container is the one that carries the next step of another out, with a fresh id. It
// has the volumes of that one, and its own over them.
func Container(of *record.Replica, p *project.Project) kernel.Container {
	n := of.PreStarted
	step := of.Service.PreStart[n]
	svc := step.Service
	svc.VolumesFrom = append([]project.VolumesFrom{{Container: of.Name}}, svc.VolumesFrom...)
	name := fmt.Sprintf("%s-%s-pre_start-%d", of.Project, of.Service.Name, n)
	if step.PerReplica {
		name = fmt.Sprintf("%s.%d", name, of.Number)
	}
	return kernel.Container{
		Project: of.Project, Dir: of.Dir, Name: name, ID: kernel.NewID(), Number: number, Service: svc,
		Created: time.Now(), On: p.Attached(&svc),
		OneOff: &kernel.OneOff{Slug: kernel.NewID(), Remove: true, Step: &kernel.Step{Of: of.Name, ID: of.ID, Index: n}},
	}
}

// Failed is a step that ended, and not well.
type Failed struct {
	Service string
	Index   int
	Code    int
	Why     string // beyond the code: that memory was short, say
	Output  string // the last lines
}

// Error names the step, and has all of it.
func (e *Failed) Error() string {
	if e.Output == "" {
		return e.Brief()
	}
	return e.Brief() + ": " + e.Output
}

// Brief is the text without what the step said, for records.
func (e *Failed) Brief() string {
	text := fmt.Sprintf("service %q pre_start[%d] exited with status %d", e.Service, e.Index, e.Code)
	if e.Why != "" {
		text += " (" + e.Why + ")"
	}
	return text
}
