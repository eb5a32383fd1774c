package dockerfile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Error is a mistake in a Dockerfile, or a failure that belongs to lines of it.
type Error struct {
	File       string // as in Input.Name
	Line, Last int    // of the instruction, from 1
	Source     []byte // the whole file
	Cause      error
}

// Error is the lines, then the cause, as buildx prints them.
func (e *Error) Error() string {
	return e.Excerpt() + strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return printable(r)
	}, e.Cause.Error())
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Excerpt is the name of the file, the line's number, and the lines around.
func (e *Error) Excerpt() string {
	text := Excerpt(e.Source, e.Line, e.Last)
	if text == "" {
		return fmt.Sprintf("%s:%d: ", e.File, e.Line)
	}
	return fmt.Sprintf("%s:%d\n%s", e.File, e.Line, text)
}

const (
	rule      = "--------------------\n"
	maxShown  = 40  // lines
	maxColumn = 500 // bytes of a line
)

// Excerpt is lines first to last of a Dockerfile, marked, with some lines around, and
// a rule before and after. It is "" if the file does not have these lines.
func Excerpt(data []byte, first, last int) string {
	lines := strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n")
	last = min(max(first, last), len(lines))
	if first < 1 || first > last {
		return ""
	}
	from, to := around(first, last, len(lines))
	var b strings.Builder
	b.WriteString(rule)
	for n := from; n <= to; n++ {
		if n-from == maxShown && to > n {
			fmt.Fprintf(&b, "     |     ... %d more lines\n", to-n+1)
			break
		}
		mark := "   "
		if n >= first && n <= last {
			mark = ">>>"
		}
		line := strings.Map(printable, strings.TrimSuffix(lines[n-1], "\r"))
		if len(line) > maxColumn {
			line = strings.ToValidUTF8(line[:maxColumn], "") + "..."
		}
		fmt.Fprintf(&b, " %3d | %s %s\n", n, mark, line)
	}
	return b.String() + rule
}

// printable keeps a file from steering the terminal.
func printable(r rune) rune {
	if r < ' ' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
		return '\ufffd'
	}
	return r
}

// around adds lines before and after, more of them if there is one line only.
func around(first, last, lines int) (from, to int) {
	room := 2
	if first == last {
		room = 4
	}
	from, to = first, last
	for room > 0 {
		if from > 1 {
			from--
			room--
		}
		if to < lines {
			to++
			room--
		}
		room--
	}
	return from, to
}

// failed makes an Error of BuildKit's errors with locations; others get the lines given.
func (f *file) failed(err error, first, last int) error {
	var ours *Error
	if err == nil || errors.As(err, &ours) {
		return err
	}
	var located *parser.LocationError
	if errors.As(err, &located) {
		if a, b := lines(slices.Concat(located.Locations...)); first == 0 {
			first, last = max(a, 1), max(b, 1) // the parser counts a bad first line as 0
		}
	}
	if first == 0 {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	return &Error{File: f.name, Line: first, Last: last, Source: f.data, Cause: err}
}

// lines are the first and the last of some ranges; 0, 0 if there are none.
func lines(ranges []parser.Range) (first, last int) {
	for _, r := range ranges {
		if r.Start.Line > 0 && (first == 0 || r.Start.Line < first) {
			first = r.Start.Line
		}
		last = max(last, r.End.Line, r.Start.Line)
	}
	return first, cmp.Or(last, first)
}
