package kernel

import (
	"errors"
	"fmt"

	"github.com/mocker-compose/mocker-compose/project"
)

// ErrNotRunning is what who enters a container gets of the runtime that has seen it end,
// perhaps before the supervisor has.
var ErrNotRunning = errors.New("the container does not run")

// Error names the step and the object: "publish 127.0.0.1:8080: address in use".
func (e *StartError) Error() string {
	text := e.Stage
	if e.Object != "" {
		text += " " + e.Object
	}
	if e.Err == nil {
		return text
	}
	return text + ": " + e.Err.Error()
}

// Unwrap is the cause.
func (e *StartError) Unwrap() error { return e.Err }

// LimitError is a limit that cannot be changed under a container that runs.
type LimitError struct {
	Limit string // as the file has it: "mem_limit"
	Want  int64  // bytes
	Used  int64  // bytes, of which the kernel could take no more away
}

// Error has the figures.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%s cannot become %s: %s are in use, and more could not be reclaimed",
		e.Limit, project.Size(e.Want), project.Size(e.Used))
}
