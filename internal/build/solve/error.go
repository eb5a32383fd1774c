package solve

import (
	"fmt"
	"strings"
)

// Error is a step that failed.
type Error struct {
	File       string // of the Dockerfile
	Line, Last int
	Stage      string // "builder 2/5"
	Text       string // the step's
	Excerpt    string // its lines of the Dockerfile, ready to be printed
	Output     string // the end of what it wrote
	Err        error
}

// Error is the one line that docker ends with.
func (e *Error) Error() string { return "failed to solve: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Detail is what is printed before the error: where, the output, the lines.
func (e *Error) Detail() string {
	var b strings.Builder
	if e.Output != "" {
		fmt.Fprintf(&b, "------\n > [%s] %s:\n%s", e.Stage, e.Text, e.Output)
		if !strings.HasSuffix(e.Output, "\n") {
			b.WriteByte('\n')
		}
		b.WriteString("------\n")
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, "%s:%d\n", e.File, e.Line)
	}
	b.WriteString(e.Excerpt)
	return b.String()
}
