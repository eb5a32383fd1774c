package project

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Hash is the fingerprint of what a container of the service is made from:
// SHA-256 in hex of the service and of the networks and volumes it uses. Two
// loads of files that mean the same have the same hash; a container whose hash
// differs has diverged and is replaced by up.
//
// Not in it is what can change without a new container: the number of
// replicas, the dependencies, whether logs are attached, and where in the file
// the service stands (docker compose leaves out the same).
func (p *Project) Hash(s *Service) string {
	c := *s
	c.Scale, c.DependsOn, c.Attach, c.Source = 0, nil, false, Position{}
	model := struct {
		Service  Service
		Networks []Network
		Volumes  []string
	}{Service: c}
	for _, e := range s.Endpoints {
		for _, n := range p.Networks {
			if n.Key == e.Network {
				n.Labels, n.Attachable, n.Source = nil, false, Position{}
				model.Networks = append(model.Networks, n)
			}
		}
	}
	for _, m := range s.Mounts {
		for _, v := range p.Volumes {
			if m.Type == MountVolume && v.Key == m.Source {
				model.Volumes = append(model.Volumes, v.Name)
			}
		}
	}
	data, err := json.Marshal(model)
	if err != nil {
		// Strings, numbers, maps and slices of them always marshal.
		panic(fmt.Sprintf("marshal service %s: %v", s.Name, err))
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
