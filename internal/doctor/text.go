package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/cause"
)

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// WriteJSON prints the report for programs.
func WriteJSON(w io.Writer, r Report) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

// WriteText prints the report for people: what is to be mended first, then what works,
// by subject, then how many there are of each. quiet leaves out what works.
func WriteText(w io.Writer, r Report, quiet bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, Linux %s, as %s\n", orSome(r.System), r.Kernel, r.User)
	blocks(&b, r, Problem, "PROBLEM")
	blocks(&b, r, Degraded, "DEGRADED")
	if !quiet {
		works(&b, r)
	}
	fmt.Fprintf(&b, "\n%s\n", summary(r))
	_, err := io.WriteString(w, b.String())
	return err
}

func orSome(system string) string {
	if system == "" {
		return "a Linux without /etc/os-release"
	}
	return system
}

// blocks prints the checks of a state with all that there is to say. The same cause is
// said once, for all that have it.
func blocks(b *strings.Builder, r Report, s State, title string) {
	said := map[string]bool{}
	for _, c := range r.Checks {
		if c.State != s {
			continue
		}
		fmt.Fprintf(b, "\n%s  %s [%s]\n", title, c.Name, c.ID)
		if c.Found != c.Cause {
			fmt.Fprintf(b, "  %-7s%s\n", "found", c.Found)
		}
		if key := c.CauseID + c.Cause; said[key] {
			fmt.Fprintf(b, "  %-7s%s (as above)\n", "cause", c.Cause)
			continue
		} else {
			said[key] = true
		}
		b.WriteString(cause.Cause{What: c.Cause, Remedy: c.Remedy, Keep: c.Keep, Note: c.Note, Lost: c.Lost}.Block("  "))
	}
}

// works prints what is ok, what nobody needs, and what was not tried, a line each.
func works(b *strings.Builder, r Report) {
	width, subject := 0, ""
	for _, c := range r.Checks {
		width = max(width, len(c.Name))
	}
	for _, c := range r.Checks {
		if c.State == Problem || c.State == Degraded {
			continue
		}
		if c.Subject != subject {
			subject = c.Subject
			fmt.Fprintf(b, "\n%s\n", subject)
		}
		fmt.Fprintf(b, "  %-8s%-*s  %s\n", c.State, width, c.Name, c.Found)
		if c.State == Absent {
			if m := (cause.Cause{Remedy: c.Remedy, Note: c.Note}).Mend(); m != "" {
				fmt.Fprintf(b, "  %-8s%-*s  to have it: %s\n", "", width, "", m)
			}
		}
	}
}

func summary(r Report) string {
	switch {
	case r.Blocking == 0 && r.Degraded == 0:
		return "All is well: projects run here."
	case r.Blocking == 0:
		return "Projects run here; " + things(r.Degraded, "is degraded", "are degraded") + "."
	case r.Degraded == 0:
		return things(r.Blocking, "keeps projects from running", "keep projects from running") + "."
	}
	return things(r.Blocking, "keeps projects from running", "keep projects from running") + ", " + things(r.Degraded, "is degraded", "are degraded") + "."
}

func things(n int, one, many string) string {
	if n == 1 {
		return "1 thing " + one
	}
	return fmt.Sprintf("%d things %s", n, many)
}
