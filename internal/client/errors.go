package client

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
	display "github.com/mocker-compose/mocker-compose/internal/progress"
	"github.com/mocker-compose/mocker-compose/netstack/ports"
)

// Interrupted is the exit code after Ctrl-C: 128 + SIGINT.
const Interrupted = 130

// ExitError ends the process with a code of its own. A nil Err prints nothing.
type ExitError struct {
	Code int
	Err  error
	Hint string // the command that mends it
	// About is the name of the container that is to blame, "" = none; Story is its account,
	// lines that are printed in place of the hint.
	About, Story string
}

// Error is the message without the hint.
func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap is the cause.
func (e *ExitError) Unwrap() error { return e.Err }

// refused turns what a supervisor has refused into an error that ends the program.
func refused(err error) error {
	var r *reach.Refused
	if errors.As(err, &r) {
		return Remote(r.Answer)
	}
	return err
}

// Remote turns the supervisor's answer into an error.
func Remote(e *api.Error) error {
	code := e.ExitCode
	if code == 0 {
		code = 1
	}
	message, hint := holder(e)
	return &ExitError{Code: code, Err: errors.New(message), Hint: hint, About: e.Container}
}

// holder names the process that holds a port, which the supervisor may not see: it lives in
// a user namespace, and we do not.
func holder(e *api.Error) (message, hint string) {
	who := ports.HolderAt(e.Port)
	if who == "" {
		return e.Message, e.Hint
	}
	if named, found := ports.Named(e.Message, who); found {
		return named, "stop it, or publish another port"
	}
	return e.Message, who + " has it: stop it, or publish another port"
}

// Report prints err for the user and returns the exit code that says it.
func Report(w io.Writer, err error) int {
	var exit *ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		if errors.Is(err, context.Canceled) {
			fmt.Fprintln(w, "canceled")
			return Interrupted
		}
		fmt.Fprintln(w, display.Lines(err.Error()))
		cause.Advise(w, err)
		return 1
	case exit.Err == nil:
		return exit.Code
	}
	fmt.Fprintln(w, display.Lines(err.Error()))
	cause.Advise(w, err)
	switch {
	case exit.Story != "":
		fmt.Fprint(w, Said(exit.Story))
	case exit.Hint != "":
		fmt.Fprintln(w, Said(exit.Hint))
	}
	return exit.Code
}
