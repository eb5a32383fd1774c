// Package hooks reads what happens around the life of a service's containers: the
// commands of post_start and pre_stop, when a container is started again
// (deploy.restart_policy) and how it is replaced (deploy.update_config).
//
// The steps of pre_start are containers, and read like services: by package loader.
package hooks

import "github.com/mocker-compose/mocker-compose/project"

// Source is what the files say beyond the values.
type Source interface {
	// Fault is an error at the line of a key.
	Fault(hint, message string, key ...string) error
	// Notice says that a key is not as it is written, and why.
	Notice(fate project.Fate, reason string, key ...string)
	// Variable is one of the project's environment.
	Variable(name string) (string, bool)
}
