package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// State is what was found out about a thing.
type State string

// The states.
const (
	OK       State = "ok"
	Degraded State = "degraded" // it works, with less than one would expect
	Missing  State = "missing"
)

// Check is one thing that was looked at.
type Check struct {
	Name   string `json:"name"`
	State  State  `json:"state"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"` // a command, or what else to do; "" if nothing is to be done
	// Optional: projects run without it.
	Optional bool `json:"optional,omitempty"`
}

func ok(name, format string, args ...any) Check {
	return Check{Name: name, State: OK, Detail: fmt.Sprintf(format, args...)}
}

// failed is a check whose thing cannot be had.
func failed(name string, err error, fix string) Check {
	return Check{Name: name, State: Missing, Detail: oneLine(err.Error()), Fix: fix}
}

func (c Check) optional() Check {
	c.Optional = true
	return c
}

func (c Check) degraded() Check {
	c.State = Degraded
	return c
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Fit tells whether projects can run here.
func Fit(checks []Check) bool {
	for _, c := range checks {
		if c.State == Missing && !c.Optional {
			return false
		}
	}
	return true
}

// WriteText prints the checks for people.
func WriteText(w io.Writer, checks []Check) error {
	width := 0
	for _, c := range checks {
		width = max(width, len(c.Name))
	}
	for _, c := range checks {
		state := string(c.State)
		if c.State == Missing && c.Optional {
			state = "absent"
		}
		if _, err := fmt.Fprintf(w, "%-8s  %-*s  %s\n", state, width, c.Name, c.Detail); err != nil {
			return err
		}
		if c.Fix != "" {
			if _, err := fmt.Fprintf(w, "%-8s  %-*s  mend it: %s\n", "", width, "", c.Fix); err != nil {
				return err
			}
		}
	}
	return nil
}

// WriteJSON prints the checks as one list.
func WriteJSON(w io.Writer, checks []Check) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(checks)
}
