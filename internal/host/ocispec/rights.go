package ocispec

import (
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/capability"
	"github.com/mocker-compose/mocker-compose/internal/seccomp"
	"github.com/mocker-compose/mocker-compose/project"
)

func capabilities(svc *project.Service) ([]string, error) {
	if svc.Privileged {
		return capability.All(), nil
	}
	return capability.Apply(svc.CapAdd, svc.CapDrop)
}

// hasOption tells whether the file has this security option, as the loader writes it.
func hasOption(svc *project.Service, option string) bool {
	return slices.Contains(svc.SecurityOpt, option)
}

// Filter is the compiled seccomp filter of a service. As with docker, privileged
// means none, but a profile of the file's own counts all the same.
func Filter(svc *project.Service, caps []string) (seccomp.Program, error) {
	switch {
	case hasOption(svc, "seccomp=unconfined"):
		return seccomp.Program{}, nil
	case svc.SeccompProfile != "":
		return seccomp.Load(svc.SeccompProfile, caps)
	case svc.Privileged:
		return seccomp.Program{}, nil
	}
	code, err := seccomp.Default(caps)
	return seccomp.Program{Code: code}, err
}

// OwnFilter tells whether the service has a seccomp profile of the user's, which
// may allow less than any other.
func OwnFilter(svc *project.Service) bool {
	return svc.SeccompProfile != ""
}
