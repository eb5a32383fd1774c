package etchosts

import (
	"slices"
	"strings"
)

// Replace takes the lines of before out of a text and puts those of now where the
// first of them was, or at the end. What else is in the text stays: the container
// may have written it.
func Replace(text, before, now string) string {
	out, in := slices.Collect(strings.Lines(before)), slices.Collect(strings.Lines(now))
	var kept []string
	at := -1
	for line := range strings.Lines(text) {
		if !slices.Contains(out, line) {
			kept = append(kept, line)
		} else if at < 0 {
			at = len(kept)
		}
	}
	if at < 0 {
		at = len(kept)
	}
	return strings.Join(slices.Insert(kept, at, in...), "")
}
