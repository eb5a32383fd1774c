package host

import (
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// names are what a container is found by in its networks. One that run made
// must not answer for its service, unless it was asked to.
func names(sc *supervisor.Container) []string {
	if private(sc) {
		return []string{sc.Name}
	}
	return []string{sc.Service.Name, sc.Name}
}

// aliases are the further names of a container in one network.
func aliases(sc *supervisor.Container, e project.Endpoint) []string {
	if private(sc) {
		return nil
	}
	return e.Aliases
}

func private(sc *supervisor.Container) bool { return sc.OneOff != nil && !sc.OneOff.Aliases }
