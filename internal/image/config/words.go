package config

import (
	"errors"
	"fmt"
	"strings"
)

// lexer reads words as a Dockerfile has them: ' keeps all, " keeps all but \ and $,
// \ keeps the next character.
type lexer struct {
	in     string
	lookup func(name string) string
}

var errQuote = errors.New("a quote is not closed")

// words splits at blanks.
func (l *lexer) words() (words []string, err error) {
	for {
		l.in = strings.TrimLeft(l.in, " \t")
		if l.in == "" {
			return words, nil
		}
		w, err := l.word(true)
		if err != nil {
			return nil, err
		}
		words = append(words, w)
	}
}

// word reads up to a blank, or with split false to the end.
func (l *lexer) word(split bool) (string, error) {
	var b strings.Builder
	for l.in != "" {
		switch c := l.in[0]; {
		case split && (c == ' ' || c == '\t'):
			return b.String(), nil
		case c == '\'':
			end := strings.IndexByte(l.in[1:], '\'')
			if end < 0 {
				return "", errQuote
			}
			b.WriteString(l.in[1 : 1+end])
			l.in = l.in[end+2:]
		case c == '"':
			l.in = l.in[1:]
			if err := l.quoted(&b); err != nil {
				return "", err
			}
		default:
			if err := l.character(&b); err != nil {
				return "", err
			}
		}
	}
	return b.String(), nil
}

// quoted reads what stands in double quotes.
func (l *lexer) quoted(b *strings.Builder) error {
	for l.in != "" {
		switch c := l.in[0]; {
		case c == '"':
			l.in = l.in[1:]
			return nil
		case c == '\\' && len(l.in) > 1 && !strings.ContainsRune(`"$\`, rune(l.in[1])):
			b.WriteByte(c) // keeps its meaning for whom the word is for
			l.in = l.in[1:]
		default:
			if err := l.character(b); err != nil {
				return err
			}
		}
	}
	return errQuote
}

// character reads one, or a variable.
func (l *lexer) character(b *strings.Builder) error {
	switch c := l.in[0]; {
	case c == '\\' && len(l.in) > 1:
		b.WriteByte(l.in[1])
		l.in = l.in[2:]
	case c == '$':
		return l.variable(b)
	default:
		b.WriteByte(c)
		l.in = l.in[1:]
	}
	return nil
}

func (l *lexer) variable(b *strings.Builder) error {
	rest := l.in[1:]
	if name, ok := strings.CutPrefix(rest, "{"); ok {
		body, after, closed := strings.Cut(name, "}")
		if !closed {
			return errors.New("${ is not closed")
		}
		l.in = after
		return l.braces(b, body)
	}
	n := 0
	for n < len(rest) && isName(rest[:n+1]) {
		n++
	}
	if n == 0 {
		b.WriteByte('$')
	} else {
		b.WriteString(l.lookup(rest[:n]))
	}
	l.in = rest[n:]
	return nil
}

func (l *lexer) braces(b *strings.Builder, body string) error {
	name, word, op := body, "", ""
	if i := strings.IndexByte(body, ':'); i >= 0 && i+1 < len(body) {
		name, op, word = body[:i], body[i:i+2], body[i+2:]
	}
	value := l.lookup(name)
	switch {
	case !isName(name):
		return fmt.Errorf("${%s}: no name", body)
	case op == "":
		b.WriteString(value)
	case op == ":-" && value != "":
		b.WriteString(value)
	case op == ":-", op == ":+" && value != "":
		b.WriteString(word)
	case op != ":+":
		return fmt.Errorf("${%s}: the substitution %s is not known", body, op)
	}
	return nil
}

func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
