package plan

import (
	"cmp"
	"slices"
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
	State   State
	NetMode string // network_mode of what it was made from
	Image   string // id of the image that it was made from, "" = none
}

// Observed is what exists of a project.
type Observed struct {
	Containers []Container
	OneOffs    []Container // made by run: no replicas of their services
	Networks   []string    // resolved names
	Volumes    []string    // resolved names
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
