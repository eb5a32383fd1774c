package netstack

import (
	"fmt"
	"reflect"
)

// Change gives a sandbox, which keeps its namespace, another specification.
func (s *Stack) Change(id string, spec SandboxSpec) (*Sandbox, error) {
	s.mu.Lock()
	sb := s.sandboxes[id]
	if sb == nil {
		s.mu.Unlock()
		return nil, fmt.Errorf("change the network of container %s: it has no net namespace", id)
	}
	if sb.spec.NoNetwork != spec.NoNetwork || sb.spec.ExposesDNS != spec.ExposesDNS || !reflect.DeepEqual(sb.spec.Endpoints, spec.Endpoints) {
		s.mu.Unlock()
		return nil, fmt.Errorf("change the network of container %s: its endpoints differ", id)
	}
	sb.spec = spec
	s.mu.Unlock()
	s.zone.Set(id, s.hostOf(sb))
	return sb, nil
}
