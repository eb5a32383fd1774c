package dockerfile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// scope is the variables that are in force, in the order in which they came.
type scope struct {
	names  []string
	values map[string]string
	list   []string // NAME=VALUE; nil after a change
}

func newScope(env []string) *scope {
	s := &scope{values: map[string]string{}}
	s.putAll(env)
	return s
}

func (s *scope) putAll(env []string) {
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		s.put(name, value)
	}
}

func (s *scope) clone() *scope {
	return &scope{names: slices.Clone(s.names), values: maps.Clone(s.values), list: s.list}
}

// Get and Keys make it an EnvGetter of the lexer.
func (s *scope) Get(name string) (string, bool) {
	v, ok := s.values[name]
	return v, ok
}

// Keys are the names.
func (s *scope) Keys() []string { return s.names }

func (s *scope) put(name, value string) {
	if _, ok := s.values[name]; !ok {
		s.names = append(s.names, name)
	}
	s.values[name] = value
	s.list = nil
}

// set is put for what a Dockerfile says.
func (s *scope) set(name, value string) error {
	if len(value) > maxValue {
		return fmt.Errorf("the value of %s has %d bytes, a variable has %d at most", short(name), len(value), maxValue)
	}
	if _, ok := s.values[name]; !ok && len(s.names) >= maxVariables {
		return fmt.Errorf("there are more than %d variables", maxVariables)
	}
	s.put(name, value)
	return nil
}

// env is shared by all steps until the next change: nobody may write to it.
func (s *scope) env() []string {
	if s.list == nil {
		s.list = make([]string, 0, len(s.names))
		for _, name := range s.names {
			s.list = append(s.list, name+"="+s.values[name])
		}
	}
	return s.list
}

// lexer expands words.
type lexer struct {
	escape rune
}

// word expands one, and tells which names had no value.
func (l lexer) word(word string, env shell.EnvGetter) (shell.ProcessWordResult, error) {
	if err := affordable(word, env); err != nil {
		return shell.ProcessWordResult{}, err
	}
	return shell.NewLex(l.escape).ProcessWordWithMatches(word, env)
}

// words expands, and splits at blanks.
func (l lexer) words(word string, env shell.EnvGetter) ([]string, error) {
	if err := affordable(word, env); err != nil {
		return nil, err
	}
	return shell.NewLex(l.escape).ProcessWords(word, env)
}

// text is a here-document: quotes in it mean nothing.
func (l lexer) text(word string, env shell.EnvGetter) (shell.ProcessWordResult, error) {
	if err := affordable(word, env); err != nil {
		return shell.ProcessWordResult{}, err
	}
	lex := shell.NewLex('\\')
	lex.SkipProcessQuotes = true
	return lex.ProcessWordWithMatches(word, env)
}

// shown expands what is set, and leaves the rest as it stands.
func (l lexer) shown(text string, env shell.EnvGetter, raw bool) string {
	if affordable(text, env) != nil {
		return text
	}
	lex := shell.NewLex(l.escape)
	if raw {
		lex.RawQuotes, lex.RawEscapes, lex.SkipUnsetEnv = true, true, true
	}
	out, _, err := lex.ProcessWord(text, env)
	if err != nil {
		return text
	}
	return out
}

var errExpands = errors.New("its variables expand to too much")

// affordable bounds what a word may become before it is expanded: each "$" is the
// longest variable that there is, and one in a substitution (${A/B/C}) may multiply
// what it replaces.
func affordable(word string, env shell.EnvGetter) error {
	refs := strings.Count(word, "$")
	if refs == 0 {
		return nil
	}
	if len(word) > maxWord {
		return fmt.Errorf("it has %d bytes with variables in them, %d are taken at most", len(word), maxWord)
	}
	longest := longestOf(word, env)
	depth, deepest := 0, 0
	for i := range len(word) {
		switch {
		case word[i] == '{' && i > 0 && word[i-1] == '$':
			depth++
			deepest = max(deepest, depth)
		case word[i] == '}' && depth > 0:
			depth--
		}
	}
	size, limit := float64(refs)*float64(longest), float64(maxExpanded)
	if deepest > 0 && strings.ContainsAny(word, "/#%") {
		limit *= 16
		if strings.Contains(word, "/") {
			for range min(deepest, 8) {
				size *= float64(longest)
			}
		}
		size = max(size, float64(len(word))*float64(longest)) // steps of a pattern
	}
	if size > limit {
		return errExpands
	}
	return nil
}

// longestOf is the length of the longest variable that the word may name.
func longestOf(word string, env shell.EnvGetter) (longest int) {
	for _, name := range env.Keys() {
		if v, _ := env.Get(name); len(v) > longest && strings.Contains(word, name) {
			longest = len(v)
		}
	}
	return longest + 1
}
