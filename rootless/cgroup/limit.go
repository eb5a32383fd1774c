package cgroup

import "strings"

// Max stands for a limit that is not set.
const Max = ^uint64(0)

// limitOf reads the text of a file like memory.max.
func limitOf(text string) uint64 {
	if text == "" || strings.HasPrefix(text, "max") {
		return Max
	}
	return number([]byte(text))
}
