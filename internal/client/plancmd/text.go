package plancmd

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/mocker-compose/mocker-compose/internal/plan"
	display "github.com/mocker-compose/mocker-compose/internal/progress"
)

// printText prints a table, and a line that counts it.
func printText(w io.Writer, _ string, all rows) error {
	var b strings.Builder
	heads := [3]string{"KIND", "NAME", "ACTION"}
	widths := [3]int{len(heads[0]), len(heads[1]), len(heads[2])}
	for _, r := range all {
		for i, cell := range [3]string{r.Kind, r.Name, string(r.Action)} {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	line := func(cells [3]string, why string) {
		var text string
		for i, cell := range cells {
			text += cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2)
		}
		b.WriteString(strings.TrimRight(text+display.Lines(why), " ") + "\n")
	}
	line(heads, "WHY")
	for _, r := range all {
		why := r.why()
		line([3]string{r.Kind, r.Name, string(r.Action)}, why[0])
		for _, more := range why[1:] {
			line([3]string{}, more)
		}
	}
	b.WriteString("\n" + all.count() + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// why is the cause, or each difference in a line of its own, and how it is done.
func (r *row) why() []string {
	lines := r.because()
	if u := r.Update; u != nil {
		how := fmt.Sprintf("deploy.update_config: group %d of %d, %d at a time, %s", u.Group, u.Groups, u.Parallelism, u.Order)
		if u.Successor != r.Name {
			how += " by " + u.Successor
		}
		lines = append(lines, how)
	}
	for _, path := range r.Renewed {
		lines = append(lines, "volumes."+path+": a new one (-V)")
	}
	return lines
}

func (r *row) because() []string {
	if len(r.Changes) == 0 {
		return strings.Split(r.Cause, "\n") // of what fails, with what mends it
	}
	var lines []string
	named := false
	for _, c := range r.Changes {
		lines = append(lines, c.String())
		named = named || strings.Contains(r.Cause, c.String())
	}
	if !named && r.Cause != "" {
		lines = append([]string{r.Cause}, lines...)
	}
	return lines
}

// counted are the actions in the order in which they are counted.
var counted = []plan.Action{toPull, toBuild, toRead, toMiss, toRun, plan.ToCreate, plan.ToRecreate, plan.ToRestart, plan.ToStart, plan.ToUpdate, plan.ToRemove, toAsk}

// count is one line about all.
func (all rows) count() string {
	n := map[plan.Action]int{}
	for _, r := range all {
		n[r.Action]++
	}
	var parts []string
	for _, a := range counted {
		if n[a] > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", n[a], strings.Replace(string(a), "missing", "be found", 1)))
		}
	}
	kept := fmt.Sprintf("%d to keep", n[plan.ToKeep])
	if !all.changes() {
		return "Nothing to do: " + strings.Join(append(parts, kept), ", ") + "."
	}
	return "Plan: " + strings.Join(append(parts, kept), ", ") + "."
}

// printJSON prints one object.
func printJSON(w io.Writer, project string, all rows) error {
	out := struct {
		Project string `json:"project"`
		Changes bool   `json:"changes"`
		Plan    rows   `json:"plan"`
	}{project, all.changes(), all}
	if out.Plan == nil {
		out.Plan = rows{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}
