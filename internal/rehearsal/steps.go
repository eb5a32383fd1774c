package rehearsal

import (
	"cmp"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/prestart"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// Step is a step of pre_start that is carried out before a start.
type Step struct {
	Name    string // of the container that carries it out
	Service string
	Index   int    // in the file's list
	Before  string // the container that it is for; "" = all of the service
}

// Steps are those that a plan comes to, in the order of its operations.
func (s *Stage) Steps(p *plan.Plan, desired *project.Project) (all []Step) {
	q := s.prepare(p, desired)
	for _, op := range p.Operations {
		all = append(all, q.before(op)...)
	}
	return all
}

// preparation follows how far the containers of services are with their steps.
type preparation struct {
	desired *project.Project
	all     map[string][]record.Replica // by service, those that stay
}

// prepare begins with the containers that a plan does not remove.
func (s *Stage) prepare(p *plan.Plan, desired *project.Project) *preparation {
	q := &preparation{desired: desired, all: map[string][]record.Replica{}}
	gone := map[string]bool{}
	for _, op := range p.Operations {
		gone[op.Object] = gone[op.Object] || op.Kind == plan.Remove
	}
	for i := range s.Live.Containers {
		if r := s.Live.Containers[i]; r.OneOff == nil && !gone[r.Name] {
			q.add(r)
		}
	}
	return q
}

func (q *preparation) add(r record.Replica) {
	list := append(q.all[r.Service.Name], r)
	slices.SortStableFunc(list, func(a, b record.Replica) int { return cmp.Compare(a.Number, b.Number) })
	q.all[r.Service.Name] = list
}

// before are the steps that come right before an operation.
func (q *preparation) before(op plan.Operation) (steps []Step) {
	switch op.Kind {
	case plan.Create:
		if q.desired == nil {
			return nil
		}
		if svc, ok := q.desired.Service(op.Service); ok {
			q.add(record.Replica{Container: kernel.NewContainer(q.desired, svc, op.Number)})
		}
	case plan.Start:
		for {
			of, marks := prestart.Next(op.Object, q.all[op.Service])
			if marks == nil {
				return steps
			}
			if of != nil {
				steps = append(steps, stepOf(of))
			}
			for i := range q.all[op.Service] {
				if r := &q.all[op.Service][i]; slices.Contains(marks, r.Name) {
					r.PreStarted++
				}
			}
		}
	}
	return nil
}

func stepOf(of *record.Replica) Step {
	c := prestart.Container(of, &project.Project{Name: of.Project})
	step := Step{Name: c.Name, Service: of.Service.Name, Index: of.PreStarted}
	if of.Service.PreStart[of.PreStarted].PerReplica {
		step.Before = of.Name
	}
	return step
}
