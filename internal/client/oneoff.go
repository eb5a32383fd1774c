package client

import (
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// shortID is the least of an id that stands for its container, in hex digits.
const shortID = 12

// Called reports that one of names is the name or the id of a one-off container,
// or the beginning of its id.
func Called(c *api.Container, names []string) bool {
	return c.OneOff && slices.ContainsFunc(names, func(n string) bool {
		return n == c.Name || len(n) >= shortID && strings.HasPrefix(c.ID, n)
	})
}

// ByName replaces the ids of one-off containers by their names, which events and
// logs know them by.
func ByName(all []api.Container, given []string) []string {
	out := slices.Clone(given)
	for n := range out {
		for i := range all {
			if Called(&all[i], given[n:n+1]) {
				out[n] = all[i].Name
			}
		}
	}
	return out
}

// chosen reports that names mean a container: its service's, or its own if it is
// a one-off container; no name means all.
func chosen(c *api.Container, names []string) bool {
	return len(names) == 0 || slices.Contains(names, c.Service) || Called(c, names)
}
