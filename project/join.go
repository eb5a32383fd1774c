package project

import "strings"

// How network_mode, pid, ipc and uts say whose namespace they mean.
const (
	OfService   = "service:"
	OfContainer = "container:"
)

// JoinsNetwork reports that the service has no net namespace of its own but that
// of another service or container of the project.
func (s *Service) JoinsNetwork() bool {
	return strings.HasPrefix(s.NetworkMode, OfService) || strings.HasPrefix(s.NetworkMode, OfContainer)
}

// NetworkOf finds the service whose net namespace s has, as far as the project
// knows: nil if that is its own, or the host's.
func (p *Project) NetworkOf(s *Service) *Service {
	if name, ok := strings.CutPrefix(s.NetworkMode, OfService); ok {
		if of, known := p.Service(name); known {
			return of
		}
	}
	if name, ok := strings.CutPrefix(s.NetworkMode, OfContainer); ok {
		return p.Bearer(name)
	}
	return nil
}

// Bearer finds the service that has a container of that name; nil if none has.
func (p *Project) Bearer(container string) *Service {
	for i := range p.Services {
		s := &p.Services[i]
		for n := 1; n <= max(1, s.Scale); n++ {
			if p.ContainerName(s, n) == container {
				return s
			}
		}
	}
	return nil
}
