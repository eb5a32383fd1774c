package cause

import (
	"errors"
	"fmt"
	"strings"
)

// Cause is one reason why something cannot be had here.
type Cause struct {
	// ID names the reason for ever: "userns-apparmor".
	ID string
	// What is the reason in one line, a clause without full stop.
	What string
	// Remedy are commands to copy, in order; each may have several lines.
	Remedy []string
	// Keep is the command that keeps what Remedy did over a restart of the machine.
	Keep string
	// Note is what is to be done beside or in place of commands: "then log in again".
	Note string
	// Lost is what does not work, or works less well, until it is mended.
	Lost string
}

// Mend is the remedy in one line: what is to be done, of all commands that have one.
func (c Cause) Mend() string {
	var parts []string
	for _, r := range c.Remedy {
		if strings.Contains(r, "\n") {
			return "mocker-compose doctor has the commands"
		}
		parts = append(parts, r)
	}
	line := strings.Join(parts, " && ")
	switch {
	case line == "":
		return c.Note
	case c.Note != "":
		return line + ", " + c.Note
	}
	return line
}

// String is the cause in one line, for lines that say that something is degraded.
func (c Cause) String() string {
	if m := c.Mend(); m != "" {
		return c.What + "; mend it with: " + m
	}
	return c.What
}

// Block is all of it in lines that begin with indent, as doctor and failed
// commands print them.
func (c Cause) Block(indent string) string {
	return lines(indent, "cause", c.What) + c.Advice(indent)
}

// Advice is the block without the reason: what mends it and what is lost.
func (c Cause) Advice(indent string) string {
	var b strings.Builder
	title := "mend"
	for _, r := range append(c.Remedy[:len(c.Remedy):len(c.Remedy)], c.Note) {
		if r != "" {
			b.WriteString(lines(indent, title, r))
			title = ""
		}
	}
	b.WriteString(lines(indent, "keep", c.Keep))
	b.WriteString(lines(indent, "lost", c.Lost))
	return b.String()
}

// Hint is the advice as a failed command prints it.
func (c Cause) Hint() string { return c.Advice("  ") + "  mocker-compose doctor shows all" }

// lines puts a title in front of a text. Nothing stands in front of the lines of a
// here document: it is to be copied.
func lines(indent, title, text string) string {
	if text == "" {
		return ""
	}
	first, rest, more := strings.Cut(strings.TrimRight(text, "\n"), "\n")
	first = fmt.Sprintf("%s%-7s%s\n", indent, title, first)
	if more {
		return first + rest + "\n"
	}
	return first
}

// Error is a step that failed for a known cause.
type Error struct {
	Doing string // "create a user namespace"
	Err   error
	Cause Cause
}

// Error is what failed and why, in one line; what mends it is in [Error.Advice],
// which the command line prints below it.
func (e *Error) Error() string { return fmt.Sprintf("%s: %v: %s", e.Doing, e.Err, e.Cause.What) }

// Unwrap is the kernel's answer.
func (e *Error) Unwrap() error { return e.Err }

// Advice is what mends it, in lines.
func (e *Error) Advice() string { return e.Cause.Hint() }

// Line is the error with what mends it in one line, for where there is one line only.
func (e *Error) Line() string { return fmt.Sprintf("%s: %v: %s", e.Doing, e.Err, e.Cause) }

// Of is the cause of an error; false = none is known.
func Of(err error) (Cause, bool) {
	var e *Error
	if errors.As(err, &e) {
		return e.Cause, true
	}
	return Cause{}, false
}

// Line is an error in one line, with what mends it if that is known.
func Line(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return strings.Replace(err.Error(), e.Error(), e.Line(), 1)
	}
	return err.Error()
}
