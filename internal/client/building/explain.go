package building

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/build/dockerfile"
	"github.com/mocker-compose/mocker-compose/internal/build/solve"
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
	case errors.Is(err, fs.ErrNotExist) && s.Build.Source.Line > 0:
		out.Detail = fmt.Sprintf("%s:%d: services.%s.build\n", s.Build.Source.File, s.Build.Source.Line, s.Name)
	}
	if out.Detail != "" && !strings.HasSuffix(out.Detail, "\n") {
		out.Detail += "\n"
	}
	return out
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func lines(text string) iter.Seq[string] { return strings.SplitSeq(text, "\n") }
