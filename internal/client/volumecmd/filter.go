package volumecmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
)

// filter is docker's --filter of volumes. Values of one key are alternatives, of
// labels all must be there.
type filter struct {
	users    map[string][]volumes.User
	dangling []bool
	drivers  []string
	names    []string
	labels   listing.LabelFilter
	all      bool // prune only: named ones too
}

func newFilter(s *volumes.Store, list []string, known ...string) (*filter, error) {
	f := &filter{}
	for _, text := range list {
		key, value, negated, err := listing.SplitFilter(text, known)
		if err != nil {
			return nil, err
		}
		switch key {
		case "dangling", "all":
			b, err := strconv.ParseBool(value)
			if err != nil {
				return nil, fmt.Errorf("invalid filter '%s=%s': use true or false", key, value)
			}
			if key == "all" {
				f.all = b
			} else {
				f.dangling = append(f.dangling, b)
			}
		case "driver":
			f.drivers = append(f.drivers, value)
		case "name":
			f.names = append(f.names, value)
		case "label":
			f.labels.Add(value, negated)
		}
	}
	var err error
	if len(f.dangling) > 0 {
		f.users, err = s.Users()
	}
	return f, err
}

func (f *filter) match(v *volumes.Volume) bool {
	part := func(n string) bool { return strings.Contains(v.Name, n) }
	switch {
	case len(f.dangling) > 0 && !slices.Contains(f.dangling, len(f.users[v.Name]) == 0),
		len(f.drivers) > 0 && !slices.Contains(f.drivers, driver),
		len(f.names) > 0 && !slices.ContainsFunc(f.names, part):
		return false
	}
	return f.labels.Match(v.Labels)
}
