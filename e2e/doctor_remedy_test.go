package e2e

import (
	"slices"
	"strings"
)

// diagnosis is the check that found a cause, which there must be.
func (s *scenario) diagnosis(cause string) doctorCheck {
	s.t.Helper()
	var bad []doctorCheck
	for _, c := range s.doctor() {
		if c.CauseID == cause {
			return c
		}
		if c.State == "problem" || c.State == "degraded" {
			bad = append(bad, c)
		}
	}
	s.t.Fatalf("doctor does not find %s, but %+v", cause, bad)
	return doctorCheck{}
}

// follow does, as dev, word for word what doctor advises, with a login for each
// command. What changes the shell that it is given to begins the scenario's next ones.
func (m *machine) follow(s *scenario, remedy []string) {
	m.t.Helper()
	for _, command := range remedy {
		if strings.Contains(command, "export ") || strings.Contains(command, "unset ") || strings.Contains(command, "$$") {
			s.prelude += command + "\n"
			continue
		}
		if r := m.dev(s.shell(command)); r.code != 0 {
			m.t.Fatalf("the remedy %q: exit %d\n%s%s", command, r.code, r.stdout, r.stderr)
		}
	}
}

// unset takes a variable from the environment of the next commands.
func (s *scenario) unset(name string) {
	s.env = slices.DeleteFunc(s.env, func(kv string) bool { return strings.HasPrefix(kv, name+"=") })
}
