package door

import (
	"errors"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Hinted is an error with a remedy, or an exit code, for the user.
type Hinted struct {
	Err  error
	Hint string
	Code int
}

// Error is that of the error.
func (e *Hinted) Error() string { return e.Err.Error() }

// Unwrap is the error.
func (e *Hinted) Unwrap() error { return e.Err }

// WithHint is err with a remedy.
func WithHint(hint string, err error) error { return &Hinted{Err: err, Hint: hint} }

// About is an error that a container is to blame for.
type About struct {
	Err       error
	Container string // its name
}

// Error is that of the error.
func (e *About) Error() string { return e.Err.Error() }

// Unwrap is the error.
func (e *About) Unwrap() error { return e.Err }

// Brief is the first line of an error for records: without what a hook, or a step of
// pre_start, has said. That may be a secret, and is not for the disk; what a probe has said
// stands below the first line.
func Brief(err error) string {
	text := err.Error()
	var hook interface {
		error
		Brief() string
	}
	if errors.As(err, &hook) {
		text = strings.Replace(text, hook.Error(), hook.Brief(), 1)
	}
	text, _, _ = strings.Cut(text, "\n")
	return text
}

// AnswerFor puts an error into the last answer of a request.
func AnswerFor(err error) api.Answer {
	a := api.Answer{Done: true}
	if err == nil {
		return a
	}
	a.Error = &api.Error{Message: err.Error(), ExitCode: 1}
	var start *kernel.StartError
	if errors.As(err, &start) {
		a.Error.Hint, a.Error.Port = start.Hint, start.Port
	}
	if c, ok := cause.Known(err); ok && a.Error.Hint == "" {
		a.Error.Hint = c.Hint()
	}
	var about *About
	if errors.As(err, &about) {
		a.Error.Container = about.Container
	}
	var h *Hinted
	if errors.As(err, &h) {
		a.Error.Hint = h.Hint
		if h.Code != 0 {
			a.Error.ExitCode = h.Code
		}
	}
	return a
}
