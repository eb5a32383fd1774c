package listing

import (
	"fmt"
	"slices"
	"strings"
)

// SplitFilter reads a --filter of docker's: KEY=VALUE with one of the known keys.
// Labels alone can be negated, as label!=VALUE.
func SplitFilter(text string, known []string) (key, value string, negated bool, err error) {
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		return "", "", false, fmt.Errorf("invalid argument %q for \"-f, --filter\" flag: bad format of filter (expected name=value)", text)
	}
	key, negated = strings.CutSuffix(key, "!")
	if !slices.Contains(known, key) || negated && key != "label" {
		return "", "", false, fmt.Errorf("invalid filter %q: the filters are %s", text, strings.Join(known, ", "))
	}
	return key, value, negated, nil
}

// LabelFilter holds the filters label=KEY[=VALUE] and label!=KEY[=VALUE], all of
// which must hold.
type LabelFilter struct {
	has, lacks []string
}

// Add adds a filter's value.
func (f *LabelFilter) Add(value string, negated bool) {
	if negated {
		f.lacks = append(f.lacks, value)
	} else {
		f.has = append(f.has, value)
	}
}

// Match tells whether labels pass.
func (f *LabelFilter) Match(labels map[string]string) bool {
	has := func(l string) bool {
		key, value, both := strings.Cut(l, "=")
		got, ok := labels[key]
		return ok && (!both || got == value)
	}
	lacks := func(l string) bool { return !has(l) }
	return !slices.ContainsFunc(f.has, lacks) && !slices.ContainsFunc(f.lacks, has)
}
