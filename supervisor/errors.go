package supervisor

import (
	"errors"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// hinted is an error with a remedy, or an exit code, for the user.
type hinted struct {
	err  error
	hint string
	code int
}

func (e *hinted) Error() string { return e.err.Error() }
func (e *hinted) Unwrap() error { return e.err }

func withHint(hint string, err error) error { return &hinted{err: err, hint: hint} }

// holderDied reports that err comes of the death of the project's holder: it is
// nobody's failure, and no answer either. The next supervisor gives one.
func (s *Supervisor) holderDied(err error) bool {
	return err != nil && s.cfg.Gone != nil && s.cfg.Gone(err)
}

// answerFor puts an error into the last answer of a request.
func answerFor(err error) api.Answer {
	a := api.Answer{Done: true}
	if err == nil {
		return a
	}
	a.Error = &api.Error{Message: err.Error(), ExitCode: 1}
	var start *StartError
	if errors.As(err, &start) {
		a.Error.Hint, a.Error.Port = start.Hint, start.Port
	}
	var h *hinted
	if errors.As(err, &h) {
		a.Error.Hint = h.hint
		if h.code != 0 {
			a.Error.ExitCode = h.code
		}
	}
	return a
}
