// Package builds reads how the image of a service is made: its build section.
//
// It checks what can be known from the files alone, so that a wrong value is told with
// its line and not after minutes of a build. Whether a context or a Dockerfile is there
// is seen by who builds: an image that is there needs neither.
package builds

import "github.com/mocker-compose/mocker-compose/project"

// Source is what the files say beyond the values.
type Source interface {
	// Fault is an error at the line of a key.
	Fault(hint, message string, key ...string) error
	// Notice says that a key is not as it is written, and why.
	Notice(fate project.Fate, reason string, key ...string)
	// Position is where a key stands.
	Position(key ...string) project.Position
	// Tolerant: whether this machine can do it does not matter.
	Tolerant() bool
	// Variable is one of the project's environment.
	Variable(name string) (string, bool)
	// Home expands a leading ~/.
	Home(path string) string
}
