package building

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/build/contexts"
	"github.com/mocker-compose/mocker-compose/internal/build/dockerfile"
	"github.com/mocker-compose/mocker-compose/internal/build/solve"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/project"
)

// Error is a build that failed.
type Error struct {
	Service string
	Detail  string // the lines of the Dockerfile, the end of the output; "" or whole lines
	Err     error
}

// Error ends as docker compose does, with the line that tools look at.
func (e *Error) Error() string {
	text := e.Err.Error()
	if !strings.HasPrefix(text, "failed to solve") {
		text = "failed to solve: " + text
	}
	return fmt.Sprintf("%starget %s: %s", e.Detail, e.Service, text)
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// explain says where a build failed.
func (b *Builder) explain(s *project.Service, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	out := &Error{Service: s.Name, Err: err}
	var step *solve.Error
	var file *dockerfile.Error
	switch {
	case errors.As(err, &step):
		shown := *step
		shown.Stage = strings.TrimSpace(s.Name + " " + step.Stage)
		out.Detail, out.Err = shown.Detail(), step
	case errors.As(err, &file):
		out.Detail, out.Err = file.Excerpt(), file.Cause
	case s.Build.Source.Line > 0:
		out.Detail = fmt.Sprintf("%sservices.%s.build%s\n", client.Position(s.Build.Source), s.Name, remedy(err))
	}
	if out.Detail != "" && !strings.HasSuffix(out.Detail, "\n") {
		out.Detail += "\n"
	}
	return out
}

// remedy is what to write for a build that did not begin, "" if the error tells.
func remedy(err error) string {
	switch {
	case errors.Is(err, contexts.ErrNoDirectory):
		return " (make the directory, or correct its path, which begins at the compose file's directory)"
	case errors.Is(err, fs.ErrNotExist):
		return " (make the file, or name another: dockerfile: FILE)"
	}
	return ""
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func lines(text string) iter.Seq[string] { return strings.SplitSeq(text, "\n") }
