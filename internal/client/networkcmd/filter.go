package networkcmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/networks"
)

// filter is docker's --filter of networks. Values of one key are alternatives, of
// labels all must be there.
type filter struct {
	names, ids, drivers, scopes, kinds []string
	dangling                           []bool
	labels                             listing.LabelFilter
	until                              time.Time // made before; zero = whenever
}

func newFilter(list []string, now time.Time, known ...string) (*filter, error) {
	f := &filter{}
	for _, text := range list {
		key, value, negated, err := listing.SplitFilter(text, known)
		if err != nil {
			return nil, err
		}
		switch key {
		case "name":
			f.names = append(f.names, value)
		case "id":
			f.ids = append(f.ids, value)
		case "driver":
			f.drivers = append(f.drivers, value)
		case "scope":
			f.scopes = append(f.scopes, value)
		case "type":
			f.kinds = append(f.kinds, value)
			if value != "custom" && value != "builtin" {
				err = fmt.Errorf("invalid filter 'type=%s': use custom or builtin", value)
			}
		case "dangling":
			b, parseErr := strconv.ParseBool(value)
			if f.dangling = append(f.dangling, b); parseErr != nil {
				err = fmt.Errorf("invalid filter 'dangling=%s': use true or false", value)
			}
		case "label":
			f.labels.Add(value, negated)
		case "until":
			f.until, err = parseUntil(value, now)
		}
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}

// parseUntil reads an age, as 24h, or a time.
func parseUntil(value string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(value); err == nil {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, value, time.Local); err == nil {
			return t, nil
		}
	}
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.Unix(seconds, 0), nil
	}
	return time.Time{}, fmt.Errorf("invalid filter 'until=%s': use an age such as 24h, or a time such as 2006-01-02T15:04:05", value)
}

func (f *filter) match(v *view) bool {
	part := func(n string) bool { return strings.Contains(v.Name, n) }
	start := func(id string) bool { return strings.HasPrefix(v.ID, id) }
	switch {
	case len(f.names) > 0 && !slices.ContainsFunc(f.names, part),
		len(f.ids) > 0 && !slices.ContainsFunc(f.ids, start),
		len(f.drivers) > 0 && !slices.Contains(f.drivers, networks.Driver),
		len(f.scopes) > 0 && !slices.Contains(f.scopes, "local"),
		len(f.kinds) > 0 && !slices.Contains(f.kinds, "custom"),
		len(f.dangling) > 0 && !slices.Contains(f.dangling, !v.busy()),
		!f.until.IsZero() && !v.Created.Before(f.until):
		return false
	}
	return f.labels.Match(v.Labels)
}

// busy reports that containers that run stand on the network.
func (v *view) busy() bool {
	for _, e := range v.Endpoints {
		if e.Up {
			return true
		}
	}
	return false
}
