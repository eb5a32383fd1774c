package plan

import (
	"cmp"
	"slices"

	"github.com/mocker-compose/mocker-compose/project"
)

// State is how a container is, as far as a plan cares.
type State string

// The states of containers.
const (
	Created State = "created" // never started
	Running State = "running" // runs, or will by itself: starting, restarting
	Exited  State = "exited"  // has run and stays down
)

// Container is one that exists.
type Container struct {
	Name    string
	Service string
	Number  int
	Hash    string // project.Hash of what it was made from
	// Made is the service that it was made of, nil if that is not known: then Hash
	// tells. Wanted is what Made is compared with; nil: the service of the file.
	Made, Wanted *project.Service
	// Volumes maps the keys of its named volumes to their resolved names, as far as
	// that is known.
	Volumes map[string]string
	State   State
	NetMode string // network_mode of what it was made from
	// Endpoints are where it stands, in the order of its interfaces.
	Endpoints []Endpoint
	Image     string // id of the image that it was made from, "" = none
	Anonymous bool   // it has anonymous volumes
	// Resources are the limits that it has.
	Resources project.Resources
}

// Endpoint is where a container stands in a network.
type Endpoint struct {
	Network string           // resolved name
	Spec    project.Endpoint // as it was made
	Lost    bool             // it is not there, although it should be
}

// Observed is what exists of a project.
type Observed struct {
	Containers []Container
	OneOffs    []Container // made by run: no replicas of their services
	Networks   []string    // resolved names
	// Defined are the networks as they were made, as far as that is known, by
	// resolved name.
	Defined map[string]project.Network
	Volumes []string // resolved names
}

// byService groups the containers, each group by number.
func (o Observed) byService() map[string][]Container {
	m := map[string][]Container{}
	for _, c := range o.Containers {
		m[c.Service] = append(m[c.Service], c)
	}
	for _, group := range m {
		slices.SortFunc(group, func(a, b Container) int {
			return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Name, b.Name))
		})
	}
	return m
}
