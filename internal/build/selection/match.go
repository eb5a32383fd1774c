package selection

import (
	"path"
	"strings"

	"github.com/moby/patternmatcher"
)

// matcher is a list of patterns as ignore files have them: the last one that
// matches counts, "!" takes back, and what is in a directory that matches matches.
// It is not for several goroutines.
type matcher struct {
	pm   *patternmatcher.PatternMatcher // nil: no patterns
	back [][]string                     // components of those with "!"
	all  [][]string
}

// state is what a matcher knows of a directory, for what is in it.
type state = patternmatcher.MatchInfo

func newMatcher(patterns []string) (m matcher, err error) {
	if len(patterns) == 0 {
		return m, nil
	}
	if m.pm, err = patternmatcher.New(patterns); err != nil {
		return m, err
	}
	for _, p := range m.pm.Patterns() {
		parts := strings.Split(strings.Trim(p.String(), "/"), "/")
		if p.Exclusion() {
			m.back = append(m.back, parts)
		}
		m.all = append(m.all, parts)
	}
	return m, nil
}

// matches tells about name, whose directory has the state up.
func (m *matcher) matches(name string, up state) (bool, state, error) {
	if m.pm == nil || name == "" {
		return false, state{}, nil
	}
	return m.pm.MatchesUsingParentResults(name, up)
}

// whole is matches for a name from the top.
func (m *matcher) whole(name string) (hit bool, st state, err error) {
	if m.pm == nil || name == "" {
		return false, st, nil
	}
	for i := range len(name) + 1 {
		if i == len(name) || name[i] == '/' {
			if hit, st, err = m.matches(name[:i], st); err != nil {
				return false, st, err
			}
		}
	}
	return hit, st, nil
}

// takesBack reports whether something in the directory name, which matches, may not match.
func (m *matcher) takesBack(name string) bool { return reaches(m.back, name) }

// mayHold reports whether something in the directory name, which does not match, may match.
func (m *matcher) mayHold(name string) bool { return reaches(m.all, name) }

// reaches tells whether one of the patterns can match something below name.
func reaches(patterns [][]string, name string) bool {
	if name == "" {
		return len(patterns) > 0
	}
	names := strings.Split(name, "/")
	for _, p := range patterns {
		if prefix(p, names) {
			return true
		}
	}
	return false
}

func prefix(pattern, names []string) bool {
	for i, n := range names {
		if i == len(pattern) {
			return false // it ends above: what is below goes as its directory does
		}
		if strings.Contains(pattern[i], "**") {
			return true
		}
		if ok, err := path.Match(pattern[i], n); !ok && err == nil {
			return false
		}
	}
	return len(pattern) > len(names)
}

// isPattern tells whether a source has wildcards (filepath.Match).
func isPattern(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '*', '?', '[':
			return true
		}
	}
	return false
}

// join is path.Join for clean parts.
func join(dir, name string) string {
	if dir == "" || name == "" {
		return dir + name
	}
	return dir + "/" + name
}
