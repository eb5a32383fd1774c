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
