package project

import (
	"slices"
	"strings"
)

// Fate is what happens to a key of a compose file.
type Fate string

// The fates.
const (
	Honoured Fate = "honoured"
	Degraded Fate = "degraded"
	Ignored  Fate = "ignored"
	Refused  Fate = "refused"
)

// Support is one row of the support table: the fate of a key of the compose
// specification.
type Support struct {
	// Key is the path of the key; "*" stands for a name that the user
	// chooses, list items have no component of their own. A key that ends in
	// ".**" speaks for itself and everything below it.
	Key string
	// Fate is what happens to the key when a file has it.
	Fate Fate
	// Reason says how it is degraded, or why it is ignored or refused, and
	// what to do instead.
	Reason string
	// Accept lists the values that are honoured in spite of Fate, because
	// they ask for nothing more than what we do anyway.
	Accept []string
	// Only lists the values that Fate is for, if it is not for all; the others
	// are honoured.
	Only []string
	// Names lists the user-chosen names that are honoured in spite of Fate,
	// for a row that ends in "*".
	Names []string
}

// FateOf is the fate of the key called name with this scalar value.
func (s Support) FateOf(name, value string) Fate {
	if slices.Contains(s.Accept, value) || slices.Contains(s.Names, name) || s.Only != nil && !slices.Contains(s.Only, value) {
		return Honoured
	}
	return s.Fate
}

// Explain is the reason as the support table is printed: with the values and
// names that are honoured in spite of it.
func (s Support) Explain() string {
	var kept []string
	for _, v := range slices.Concat(s.Accept, s.Names) {
		if v != "" {
			kept = append(kept, v)
		}
	}
	if s.Only != nil {
		return strings.Join(s.Only, ", ") + ": " + s.Reason + " (other values are honoured)"
	}
	if len(kept) == 0 {
		return s.Reason
	}
	return s.Reason + " (honoured: " + strings.Join(kept, ", ") + ")"
}

// Table returns the whole support table, sorted by key.
func Table() []Support {
	return slices.Clone(table())
}

// Lookup finds the row of a key whose user-chosen names were replaced by "*".
// It is false for a key that the compose specification does not have.
func Lookup(key string) (Support, bool) {
	if row, ok := index()[key]; ok {
		return row, true
	}
	if rest, ok := strings.CutPrefix(key, preStart+"."); ok && rest != "*" {
		return Lookup(serviceRow + "." + rest)
	}
	// Rows that end in ".**" speak for all keys below them.
	for i := strings.LastIndexByte(key, '.'); i > 0; i = strings.LastIndexByte(key[:i], '.') {
		if row, ok := index()[key[:i]]; ok {
			return row, strings.HasSuffix(row.Key, deep)
		}
	}
	return Support{}, false
}

// Child finds the row below parent (as the table writes it) that governs the
// key name: the key itself, or the "*" for a name of the user's choice.
func Child(parent, name string) (path string, row Support, ok bool) {
	join := func(n string) string {
		if parent == "" {
			return n
		}
		return parent + "." + n
	}
	if name != "*" {
		if row, ok = Lookup(join(name)); ok && !isWild(join("*")) {
			return join(name), row, true
		}
	}
	if row, ok = Lookup(join("*")); !ok && parent == preStart {
		return Child(serviceRow, name)
	}
	return join("*"), row, ok
}

// A step of pre_start is a container: what the table says of the keys of a service
// holds for it, and it has few of its own.
const (
	serviceRow = "services.*"
	preStart   = serviceRow + ".pre_start"
)

// isWild reports that the table has exactly this wildcard row, so that a name
// of the user's choice never meets the row of a fixed key.
func isWild(key string) bool {
	_, ok := index()[key]
	return ok
}

// Children lists the fixed keys that the table has directly below parent,
// sorted: what a mistyped key may have meant.
func Children(parent string) []string {
	prefix := parent + "."
	if parent == "" {
		prefix = ""
	}
	var names []string
	for _, row := range table() {
		rest, ok := strings.CutPrefix(strings.TrimSuffix(row.Key, deep), prefix)
		if ok && rest != "" && rest != "*" && !strings.Contains(rest, ".") {
			names = append(names, rest)
		}
	}
	if parent == preStart {
		names = append(names, Children(serviceRow)...)
		slices.Sort(names)
	}
	return names
}
