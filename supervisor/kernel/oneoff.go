package kernel

import (
	"slices"
	"strings"
)

// OneOff is what a container has that run made. It is no replica of its
// service: plans leave it out, no condition waits for it, no policy restarts it.
type OneOff struct {
	Slug    string `json:"slug"`              // 64 hex digits; the name has the first 12
	Aliases bool   `json:"aliases,omitempty"` // it answers to the service's names
	Remove  bool   `json:"remove,omitempty"`  // when it has ended and nobody has a claim on it
	Step    *Step  `json:"step,omitempty"`    // of pre_start; nil: of run
}

// Step is a step of pre_start that a container carries out. What it writes goes into the
// log of the container that it is for.
type Step struct {
	Of    string `json:"of"`    // name of that container
	ID    string `json:"id"`    // its id
	Index int    `json:"index"` // in the list, from 0
}

// shortID is the least of an id that names a container, in hex digits.
const shortID = 12

// NetworkName is the resolved name of one of the container's networks.
func (c *Container) NetworkName(key string) string {
	if name := c.On[key]; name != "" {
		return name
	}
	return c.Project + "_" + key
}

// Called reports that name is the name or the id of a one-off container, or
// the beginning of its id.
func (c *Container) Called(name string) bool {
	return c.OneOff != nil && (name == c.Name || len(name) >= shortID && strings.HasPrefix(c.ID, name))
}

// CalledOneOf is Called for several names.
func (c *Container) CalledOneOf(names []string) bool {
	return slices.ContainsFunc(names, c.Called)
}

// Chosen reports that names, of services or of one-off containers, mean c;
// no name means all.
func (c *Container) Chosen(names []string) bool {
	return len(names) == 0 || slices.Contains(names, c.Service.Name) || c.CalledOneOf(names)
}
