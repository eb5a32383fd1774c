// Package suggest guesses what a mistyped name was meant to be.
package suggest

import (
	"fmt"
	"strings"
)

// Key is a hint for a mistyped key: the nearest of the known keys, when
// one is near, else all of them when they are few.
func Key(name string, known []string) string {
	best := Near(name, known)
	switch {
	case best != "":
		return fmt.Sprintf("did you mean %q?", best)
	case len(known) > 0 && len(known) <= 12:
		return "possible are: " + strings.Join(known, ", ")
	}
	return "keys of your own must begin with x-"
}

// Near is the known key that a mistyped one is most like, "" if none is near.
func Near(name string, known []string) (best string) {
	distance := 3
	for _, k := range known {
		if d := editDistance(strings.ToLower(name), k); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	for _, k := range known {
		if best == "" && len(name) > 3 && strings.HasSuffix(k, "_"+strings.ToLower(name)) {
			best = k
		}
	}
	return best
}

// Name is a hint for a name that is not defined: the nearest of the names that are,
// else all of them; kind is what they are called together.
func Name(name, kind string, known []string) string {
	for _, k := range known {
		if d := editDistance(name, k); d < 3 && d < len(k) {
			return fmt.Sprintf("did you mean %q?", k)
		}
	}
	return kind + " are: " + strings.Join(known, ", ")
}

// editDistance counts the insertions, deletions, substitutions and swaps of
// neighbours that turn a into b (optimal string alignment distance).
func editDistance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
