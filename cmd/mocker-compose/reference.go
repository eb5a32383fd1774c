package main

import "strings"

// flag is a flag as reference tells it.
type flag struct {
	name, short string
	value       bool // it takes one
}

// parseFlags reads "name,s= other": a name, a letter, and = if it takes a value.
func parseFlags(text string) (out []flag) {
	for _, word := range strings.Fields(text) {
		word, value := strings.CutSuffix(word, "=")
		name, short, _ := strings.Cut(word, ",")
		out = append(out, flag{name, short, value})
	}
	return out
}
