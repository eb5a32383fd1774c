package imagecmd

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// filter is docker's --filter of images. References are alternatives, all else
// must hold.
type filter struct {
	references    []string
	labels        listing.LabelFilter
	dangling      *bool
	before, since time.Time
	until         time.Time
}

func newFilter(s *image.Store, list []string, known ...string) (*filter, error) {
	f := &filter{}
	for _, text := range list {
		key, value, negated, err := listing.SplitFilter(text, known)
		if err != nil {
			return nil, err
		}
		if err := f.add(s, key, value, negated); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *filter) add(s *image.Store, key, value string, negated bool) error {
	switch key {
	case "dangling":
		b, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("invalid filter 'dangling=%s': use true or false", value)
		}
		f.dangling = &b
	case "label":
		f.labels.Add(value, negated)
	case "reference":
		if _, err := path.Match(value, ""); err != nil {
			return fmt.Errorf("invalid filter 'reference=%s': %w", value, err)
		}
		f.references = append(f.references, value)
	case "until":
		t, err := parseTime(value, time.Now())
		if err != nil {
			return err
		}
		f.until = t
	case "before", "since":
		img, err := s.Find(value)
		if err != nil {
			return err
		}
		if key == "before" {
			f.before = img.Created
		} else {
			f.since = img.Created
		}
	}
	return nil
}

// parseTime takes a duration before now, a date, or seconds since 1970.
func parseTime(s string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(s); err == nil {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return t, nil
		}
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return time.Unix(0, int64(n*1e9)), nil
	}
	return time.Time{}, fmt.Errorf("%q is neither a duration such as 24h nor a time", s)
}

func (f *filter) match(img *image.Image, now time.Time) bool {
	switch {
	case f.dangling != nil && *f.dangling != (len(img.Names) == 0),
		!f.before.IsZero() && !img.Created.Before(f.before),
		!f.since.IsZero() && !img.Created.After(f.since),
		!f.until.IsZero() && !img.Created.Before(f.until),
		!f.labels.Match(img.Config.Labels):
		return false
	}
	return len(f.references) == 0 || slices.ContainsFunc(img.Names, f.matchName)
}

// matchName takes a pattern of whole names, or of names without tag (docker:
// imageref.FamiliarMatch).
func (f *filter) matchName(name string) bool {
	if len(f.references) == 0 {
		return true
	}
	repository := name[:strings.LastIndexByte(name, ':')]
	for _, pattern := range f.references {
		// What is written as a name means what it means elsewhere.
		if n, err := imageref.Parse(pattern); err == nil && n.Digest == "" {
			pattern = n.String()
		}
		for _, s := range []string{name, repository} {
			if ok, _ := path.Match(pattern, s); ok {
				return true
			}
		}
	}
	return false
}
