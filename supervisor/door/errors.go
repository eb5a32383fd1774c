package door

import (
	"errors"

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
	var h *Hinted
	if errors.As(err, &h) {
		a.Error.Hint = h.Hint
		if h.Code != 0 {
			a.Error.ExitCode = h.Code
		}
	}
	return a
}
