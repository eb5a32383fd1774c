package project

import (
	"fmt"
	"slices"
	"strings"
)

// maxOthers is how many further names a line has before it only counts them.
const maxOthers = 3

// Told are the lines for the user about what of a file is not as written: one for each
// key and reason, however many services have it, in the order of the first of each.
func Told(list []Notice) (lines []string) {
	type group struct {
		first Notice
		names []string
	}
	var groups []*group
	known := map[Notice]*group{}
	for _, n := range list {
		if n.Fate == Honoured {
			continue
		}
		key, name := apart(n.Key)
		id := Notice{Key: key, Reason: n.Reason}
		g := known[id]
		if g == nil {
			g = &group{first: n}
			known[id] = g
			groups = append(groups, g)
		}
		if !slices.Contains(g.names, name) {
			g.names = append(g.names, name)
		}
	}
	for _, g := range groups {
		lines = append(lines, g.first.Key+also(g.names[1:])+": "+g.first.Reason)
	}
	return lines
}

// apart takes the name of the user's choice, of a service or a network, out of a key. It
// may have dots itself: it ends where a key of the specification follows.
func apart(key string) (pattern, name string) {
	section, rest, _ := strings.Cut(key, ".")
	for i := range rest {
		if rest[i] != '.' {
			continue
		}
		below, _, _ := strings.Cut(rest[i+1:], ".")
		if _, known := Lookup(section + ".*." + below); known {
			return section + ".*" + rest[i:], rest[:i]
		}
	}
	return key, ""
}

// also says which further names a line is about.
func also(names []string) string {
	switch more := len(names) - maxOthers; {
	case len(names) == 0:
		return ""
	case more > 0:
		return fmt.Sprintf(" (as of %s and %d more)", strings.Join(names[:maxOthers], ", "), more)
	}
	return fmt.Sprintf(" (as of %s)", strings.Join(names, ", "))
}
