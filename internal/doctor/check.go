package doctor

import (
	"fmt"

	"github.com/mocker-compose/mocker-compose/internal/cause"
)

// State is what was found out about a thing.
type State string

// The states.
const (
	OK       State = "ok"
	Degraded State = "degraded" // projects run, with less than one would expect
	Problem  State = "problem"  // projects do not run
	Absent   State = "absent"   // an extra that nobody needs who does not ask for it
	Untried  State = "untried"  // it could not be tried, since something before it is a problem
)

// Check is one thing that was looked at. IDs, and the causes', are an interface:
// docs/doctor.md lists them.
type Check struct {
	ID      string `json:"id"`
	Subject string `json:"subject"`
	Name    string `json:"name"`
	State   State  `json:"state"`
	// Blocking: no project runs, or none with a network, before it is mended. The exit
	// code counts these.
	Blocking bool   `json:"blocking"`
	Found    string `json:"found"`
	// CauseID and the following are empty when nothing is to be mended (package cause).
	CauseID string   `json:"cause_id,omitempty"`
	Cause   string   `json:"cause,omitempty"`
	Remedy  []string `json:"remedy,omitempty"` // commands, in order
	Keep    string   `json:"keep,omitempty"`   // the command that keeps it over a restart
	Note    string   `json:"note,omitempty"`   // what else to do
	Lost    string   `json:"lost,omitempty"`   // meanwhile
}

// Report is all of it.
type Report struct {
	System   string  `json:"system"`
	Kernel   string  `json:"kernel"`
	User     string  `json:"user"`
	Blocking int     `json:"blocking"`
	Degraded int     `json:"degraded"`
	Checks   []Check `json:"checks"`
}

// verdict is what a judge says.
type verdict struct {
	state State
	found string
	cause cause.Cause
}

func good(format string, args ...any) verdict {
	return verdict{state: OK, found: fmt.Sprintf(format, args...)}
}

func problem(c cause.Cause, format string, args ...any) verdict {
	return verdict{Problem, fmt.Sprintf(format, args...), c}
}

func degraded(c cause.Cause, format string, args ...any) verdict {
	return verdict{Degraded, fmt.Sprintf(format, args...), c}
}

func absent(c cause.Cause, format string, args ...any) verdict {
	return verdict{Absent, fmt.Sprintf(format, args...), c}
}

func untried(on string) verdict {
	return verdict{state: Untried, found: "not tried: it needs " + on}
}

// report puts verdicts into the order of the table.
func report(h cause.Host, f *found) Report {
	r := Report{System: h.Release("PRETTY_NAME"), Kernel: h.Sysctl("kernel.osrelease"), User: h.User}
	for _, e := range table() {
		v := e.judge(h, f)
		c := Check{
			ID: e.id, Subject: e.subject, Name: e.name, State: v.state, Blocking: v.state == Problem, Found: oneLine(v.found),
			CauseID: v.cause.ID, Cause: v.cause.What, Remedy: v.cause.Remedy, Keep: v.cause.Keep, Note: v.cause.Note, Lost: v.cause.Lost,
		}
		switch v.state {
		case Problem:
			r.Blocking++
		case Degraded:
			r.Degraded++
		case OK, Absent, Untried:
		}
		r.Checks = append(r.Checks, c)
	}
	return r
}
