package host

import (
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// names are what a container is found by in all its networks.
func names(sc *supervisor.Container) []string {
	return []string{sc.Name}
}

// aliases are the further names of a container in one network. One that run made
// must not answer for its service, unless it was asked to.
func aliases(sc *supervisor.Container, e project.Endpoint) []string {
	if private(sc) {
		return nil
	}
	if e.NoServiceName {
		return e.Aliases
	}
	return append([]string{sc.Service.Name}, e.Aliases...)
}

func private(sc *supervisor.Container) bool { return sc.OneOff != nil && !sc.OneOff.Aliases }
