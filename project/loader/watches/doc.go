// Package watches reads the rules of develop.watch: what is watched for a service, and
// what follows a change.
//
// It finds what can be known from the files alone. Whether a path exists is not asked: a
// rule may wait for a directory that a build is going to make.
package watches

import "github.com/mocker-compose/mocker-compose/project"

// Source is what the files say beyond the values. Keys are paths: services, NAME, KEY.
type Source interface {
	// Fault is an error at the line of a key.
	Fault(hint, message string, key ...string) error
	// Notice says that a key is not as it is written, and why.
	Notice(fate project.Fate, reason string, key ...string)
	// Items are the places of the items of a list that may come from several files: nil
	// if it is not certain which is which, a zero one for what is inherited.
	Items(count int, key ...string) []project.Position
	// FaultAt is an error at a place.
	FaultAt(at project.Position, hint, message string) error
}
