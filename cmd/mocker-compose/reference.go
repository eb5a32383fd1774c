package main

import "strings"

// flagOf is a flag as reference tells it.
type flagOf struct {
	name, short string
	value       bool // it takes one
}

// parseFlags reads "name,s= other": a name, a letter, and = if it takes a value.
func parseFlags(text string) (out []flagOf) {
	for _, word := range strings.Fields(text) {
		word, value := strings.CutSuffix(word, "=")
		name, short, _ := strings.Cut(word, ",")
		out = append(out, flagOf{name, short, value})
	}
	return out
}
