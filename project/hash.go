package project

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
)

// Hash is the fingerprint of what a container of the service is made from:
// SHA-256 in hex of the service and of the volumes it uses. Two
// loads of files that mean the same have the same hash; a container whose hash
// differs has diverged and is replaced by up.
//
// Not in it is what can change without a new container: the number of
// replicas, the dependencies, whether logs are attached, and where in the file
// the service stands (docker compose leaves out the same); its endpoints and
// networks, its limits and how its readiness is found, which change while it runs (but for
// the socket that it tells it to); what is looked at when it is stopped or replaced
// (pre_stop, update_config, rollback_config); what is watched; and how its image is got:
// what comes of that is compared by its id.
func (p *Project) Hash(s *Service) string {
	c := essence(*s)
	model := struct {
		Service  Service
		Networks []Network // always empty: fingerprints of old records stay valid
		Volumes  []string
	}{Service: c}
	for _, m := range s.Mounts {
		for _, v := range p.Volumes {
			if m.Type == MountVolume && v.Key == m.Source {
				model.Volumes = append(model.Volumes, v.Name)
			}
		}
	}
	return fingerprint(model)
}

// essence is what of a service a container is made from, in the steps of pre_start too.
func essence(c Service) Service {
	c.Scale, c.DependsOn, c.Attach, c.Source, c.Endpoints, c.Resources = 0, nil, false, Position{}, nil, Resources{}
	c.Logging = Logging{} // its log goes on under the new options
	c.Build, c.Pull, c.Platform, c.Watch = nil, PullPolicy{}, "", nil
	c.PreStop, c.Update, c.Rollback = nil, nil, nil
	if c.Ready != nil && c.Ready.Notify {
		c.Ready = &Ready{Notify: true} // its socket is mounted
	} else {
		c.Ready = nil
	}
	c.PreStart = slices.Clone(c.PreStart)
	for n := range c.PreStart {
		c.PreStart[n].Service = essence(c.PreStart[n].Service)
	}
	return c
}

// SameSteps reports that two lists of steps of pre_start are the same in what their
// containers are made from: where the file has them, and under which limits, does not count.
func SameSteps(a, b []InitContainer) bool {
	return len(a) == len(b) && fingerprint(essence(Service{PreStart: a})) == fingerprint(essence(Service{PreStart: b}))
}

func fingerprint(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		// Strings, numbers, maps and slices of them always marshal.
		panic(fmt.Sprintf("marshal %T: %v", v, err))
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// HashLabel is docker compose's label for the fingerprint of what a container, network
// or volume is made from.
const HashLabel = "com.docker.compose.config-hash"

// Hash is the fingerprint of a network's definition, without its labels.
func (n Network) Hash() string { return fingerprint(n.essence()) }

// Hash is the fingerprint of a volume's definition, without its labels.
func (v Volume) Hash() string {
	v.Key, v.Labels = "", nil
	return fingerprint(v)
}
