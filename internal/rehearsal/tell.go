package rehearsal

import (
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/plan"
	"github.com/mocker-compose/mocker-compose/project"
)

// manner is how the operations of a plan are told of.
type manner struct {
	restart bool             // the stops are halves of restarts
	desired *project.Project // whose containers are made; nil: none are
}

// pairs are the words before and after an operation on one thing.
var pairs = map[plan.Kind]struct{ kind, before, after string }{
	plan.CreateNetwork: {"Network", "Creating", "Created"},
	plan.RemoveNetwork: {"Network", "Removing", "Removed"},
	plan.CreateVolume:  {"Volume", "Creating", "Created"},
	plan.RemoveVolume:  {"Volume", "Removing", "Removed"},
	plan.Create:        {"Container", "Creating", "Created"},
	plan.Start:         {"Container", "Starting", "Started"},
	plan.Stop:          {"Container", "Stopping", "Stopped"},
	plan.Remove:        {"Container", "Removing", "Removed"},
	plan.Limit:         {"Container", "Updating", "Updated"},
	plan.Amend:         {"Container", "Updating", "Updated"},
	plan.Update:        {"Container", "Updating", "Updated"},
	plan.Connect:       {"Container", "Connecting", "Connected"},
	plan.Disconnect:    {"Container", "Disconnecting", "Disconnected"},
}

// tell tells of the operations of a plan, in their order.
func (s *Stage) tell(p *plan.Plan, o plan.Observed, how manner) {
	said := map[string]bool{} // containers whose replacement was announced
	steps := s.prepare(p, how.desired)
	for _, op := range p.Operations {
		for _, step := range steps.before(op) {
			for _, status := range []string{"Creating", "Created", "Starting", "Started", "Exited"} {
				s.container(step.Name, status)
			}
		}
		words := pairs[op.Kind]
		before, after := words.before, words.after
		switch {
		case op.Kind == plan.Wait:
			s.wait(p, o, op)
			continue
		case op.Kind == plan.Create && op.Replaces:
			before, after = "", "Recreated"
		case (op.Kind == plan.Stop || op.Kind == plan.Remove) && op.Replaces:
			before, after = "Recreate", ""
			if said[op.Object] {
				continue
			}
			said[op.Object] = true
		case how.restart && op.Kind == plan.Stop:
			before, after = "Restarting", ""
		case how.restart && op.Kind == plan.Start:
			before = ""
		}
		for _, status := range []string{before, after} {
			if status != "" {
				text := op.Network
				if status == after && op.Kind == plan.Create {
					text = s.aside(p, op)
				}
				s.Say(api.Progress{Kind: words.kind, Name: op.Object, Status: status, Text: text})
			}
		}
	}
}

// aside is what the line of a creation says beyond its word: in which group of a
// replacement it is, and where its volumes are others.
func (s *Stage) aside(p *plan.Plan, op plan.Operation) string {
	var parts []string
	for _, o := range p.Outcomes {
		if o.Group != nil && o.Group.Successor == op.Object {
			parts = append(parts, o.Group.String())
		}
		if paths := s.renewed[o.Name]; o.Name == op.Object && len(paths) > 0 {
			parts = append(parts, "new volumes: "+strings.Join(paths, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// wait tells how the containers of a dependency are waited for.
func (s *Stage) wait(p *plan.Plan, o plan.Observed, op plan.Operation) {
	end := map[project.Condition]string{project.ConditionHealthy: "Healthy", project.ConditionCompleted: "Exited"}[op.Condition]
	if end == "" {
		return
	}
	var names []string
	for _, out := range p.Outcomes {
		if out.Service == op.Service && out.Action != plan.ToRemove {
			names = append(names, out.Name)
		}
	}
	if p.Outcomes == nil {
		for _, c := range o.Containers {
			if c.Service == op.Service {
				names = append(names, c.Name)
			}
		}
	}
	for _, status := range []string{"Waiting", end} {
		for _, name := range names {
			s.container(name, status)
		}
	}
}
