package document

import (
	"fmt"
	"strings"
)

// Error is a fault in a compose file, as the user shall read it.
type Error struct {
	File    string // "" = no file is to blame
	Line    int    // from 1; 0 = unknown
	Message string // which key, and what is wrong with it
	Hint    string // the remedy, "" if none is known
	Err     error  // the cause, may be nil
	// More are other faults that were found with it; they have none of their own.
	More []*Error
}

// Error is "FILE:LINE: MESSAGE (HINT)" with what is known, a line for each fault.
func (e *Error) Error() string { return e.line() + e.more() }

func (e *Error) line() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d", e.Line)
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Message)
	if e.Hint != "" {
		fmt.Fprintf(&b, " (%s)", e.Hint)
	}
	return b.String()
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }
