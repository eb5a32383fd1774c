package project

import (
	"fmt"
	"strings"
)

// SupportText is the support table as config --support prints it: a heading,
// then one line per key with its fate, the reason, and the values that are
// honoured in spite of it.
func SupportText() string {
	width := len("KEY")
	for _, row := range table() {
		width = max(width, len(row.Key))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s  %-8s  %s\n", width, "KEY", "FATE", "REASON")
	for _, row := range table() {
		line := fmt.Sprintf("%-*s  %-8s  %s", width, row.Key, row.Fate, row.Reason)
		if kept := nonEmpty(append(append([]string(nil), row.Accept...), row.Names...)); len(kept) > 0 {
			line += " (honoured: " + strings.Join(kept, ", ") + ")"
		}
		b.WriteString(strings.TrimRight(line, " "))
		b.WriteByte('\n')
	}
	return b.String()
}

func nonEmpty(list []string) (out []string) {
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
