package diff

import (
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// withStep is a service with one step of pre_start that follows its logging and
// environment and has a command of its own.
func withStep(change func(s, step *project.Service)) project.Service {
	s := project.Service{Name: "web", Environment: []string{"DB_PASSWORD=old"}, LogMaxFile: 3, Source: project.Position{Line: 4}}
	step := project.Service{Name: "web", Environment: s.Environment, LogMaxFile: 3, Command: []string{"migrate"}, Source: s.Source}
	if change != nil {
		change(&s, &step)
	}
	s.PreStart = []project.InitContainer{{Service: step}}
	return s
}

// What a step only has from its service is said once, and costs what it costs there;
// what is its own is said by its key. A line of the file that moved is nothing.
func TestStepsOfPreStart(t *testing.T) {
	for name, c := range map[string]struct {
		is   project.Service
		want string
		need Need
	}{
		"moved":    {withStep(func(s, step *project.Service) { s.Source.Line, step.Source.Line = 9, 9 }), "", Nothing},
		"followed": {withStep(func(s, step *project.Service) { s.LogMaxFile, step.LogMaxFile = 5, 5 }), "logging.options.max-file: 3 -> 5", Update},
		"limits": {withStep(func(s, step *project.Service) {
			s.Resources.Memory, step.Resources.Memory = 1<<30, 1<<30
		}), "mem_limit: none -> 1 GiB", Update},
		"its own limits": {withStep(func(_, step *project.Service) { step.Resources.Memory = 1 << 30 }), "", Nothing},
		"networks": {withStep(func(s, step *project.Service) {
			s.Endpoints = []project.Endpoint{{Network: "back", IPv4Address: "10.0.0.2"}}
			step.Endpoints = []project.Endpoint{{Network: "back"}}
		}), "networks.back: added", Update},
		"secret": {withStep(func(s, step *project.Service) {
			s.Environment, step.Environment = []string{"DB_PASSWORD=new"}, []string{"DB_PASSWORD=new"}
		}), "environment.DB_PASSWORD: changed", Recreate},
		"its own":   {withStep(func(_, step *project.Service) { step.Command = []string{"migrate", "up"} }), "pre_start[0].command: [migrate] -> [migrate, up]", Recreate},
		"its own 2": {withStep(func(_, step *project.Service) { step.Environment = []string{"DB_PASSWORD=new"} }), "pre_start[0].environment.DB_PASSWORD: changed", Recreate},
		"gone":      {project.Service{Name: "web", Environment: []string{"DB_PASSWORD=old"}, LogMaxFile: 3}, "pre_start[0]: removed", Recreate},
	} {
		was := withStep(nil)
		var lines []string
		changes := Compare(&was, &c.is)
		for _, d := range changes {
			if d.Need > Nothing {
				lines = append(lines, d.String())
			}
		}
		if got := strings.Join(lines, "\n"); got != c.want || Highest(changes) != c.need {
			t.Errorf("%s: %s, %q, want %s, %q", name, Highest(changes), got, c.need, c.want)
		}
		kept := was
		CopyNeutral(&kept, &c.is)
		Copy(&kept, &c.is, changes)
		if left := Compare(&kept, &c.is); len(left) > 0 {
			t.Errorf("%s: Copy and CopyNeutral leave %v", name, left)
		}
		if len(was.PreStart) != 1 || was.PreStart[0].Service.LogMaxFile != 3 || was.PreStart[0].Service.Source.Line != 4 {
			t.Errorf("%s: what was copied from has changed: %+v", name, was.PreStart)
		}
	}
}
