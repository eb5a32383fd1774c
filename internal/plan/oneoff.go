package plan

import (
	"fmt"

	"github.com/mocker-compose/mocker-compose/project"
)

// MakeRun plans what a one-off container of a service needs before it is made:
// networks, volumes, an up of o.Services (what the service depends on), and the
// waits for its own conditions. s is the service as the container has it. The
// service's replicas are left alone.
func MakeRun(desired *project.Project, observed Observed, s *project.Service, o Options) (*Plan, error) {
	levels, err := desired.Levels()
	if err != nil {
		return nil, err
	}
	m := &maker{p: desired, o: o, existing: observed.byService(), verdicts: map[string][]verdict{}, b: newBuilder(), selected: o.Services}
	for _, name := range o.Services {
		d, ok := desired.Service(name)
		if !ok {
			return nil, &project.UnknownServiceError{Name: name}
		}
		m.verdicts[name] = m.decide(d)
	}
	m.spread(levels)
	m.oneOff = s
	m.bring(observed, levels)
	for _, d := range s.DependsOn {
		if m.waitsFor(d.Service) {
			m.b.wait(d, s.Name)
		}
	}
	m.b.p.Outcomes = m.outcomes()
	return &m.b.p, nil
}

// orphans are the containers that no file defines, and what run made and has ended.
func (o Observed) orphans(p *project.Project) (found []Container) {
	for _, c := range o.Containers {
		if !defined(p, c.Service) {
			found = append(found, c)
		}
	}
	for _, c := range o.OneOffs {
		if c.State == Exited {
			found = append(found, c)
		}
	}
	return found
}

// OrphansWarning is docker compose's line about orphans that stay.
func OrphansWarning(names []string) string {
	return fmt.Sprintf("Found orphan containers (%v) for this project. If you removed or renamed this service in your compose file, you can run this command with the --remove-orphans flag to clean it up.", names)
}

// orphanCause says why a container counts as an orphan.
func orphanCause(p *project.Project, c Container) string {
	if defined(p, c.Service) {
		return "made by run, and ended"
	}
	return "orphan: no file defines " + c.Service
}
