package locate

import (
	"fmt"
	"strconv"
	"strings"
)

// Expand replaces $NAME, ${NAME}, ${NAME:-default} and its relatives
// (- :- + :+ ? :?) in s; $$ is a dollar sign (compose specification,
// "Interpolation"). An unknown name is empty.
func Expand(s string, lookup func(string) (string, bool)) (string, error) {
	var b strings.Builder
	for {
		if b.Len()+len(s) > MaxEnvFile {
			return "", &BoundError{fmt.Sprintf("a value is longer than %d MiB", MaxEnvFile>>20)}
		}
		i := strings.IndexByte(s, '$')
		if i < 0 || i+1 == len(s) {
			b.WriteString(s)
			return b.String(), nil
		}
		b.WriteString(s[:i])
		s = s[i+1:]
		switch {
		case s[0] == '$':
			b.WriteByte('$')
			s = s[1:]
		case s[0] == '{':
			end := closing(s)
			if end < 0 {
				return "", fmt.Errorf("invalid reference ${%s: no closing brace", s[1:])
			}
			v, err := expandBraced(s[1:end], lookup)
			if err != nil {
				return "", err
			}
			b.WriteString(v)
			s = s[end+1:]
		default:
			n := nameLen(s)
			if n == 0 {
				b.WriteByte('$')
				continue
			}
			v, _ := lookup(s[:n])
			b.WriteString(v)
			s = s[n:]
		}
	}
}

// Bounds of the variables of one value in a file of variables.
const (
	maxReferences     = 512
	maxReferenceDepth = 16
)

// BoundError is returned for variables beyond the bounds.
type BoundError struct{ what string }

func (e *BoundError) Error() string { return e.what }

// bounded refuses a value that would be looked at again and again.
func bounded(s string) error {
	if !strings.Contains(s, "$") {
		return nil
	}
	if strings.Count(s, "$") > 2*maxReferences {
		return &BoundError{fmt.Sprintf("a value has more than %d variables", maxReferences)}
	}
	depth := 0
	for i := range len(s) {
		switch {
		case s[i] == '{' && i > 0 && s[i-1] == '$':
			depth++
		case s[i] == '}' && depth > 0:
			depth--
		}
		if depth > maxReferenceDepth {
			return &BoundError{fmt.Sprintf("variables are nested more than %d levels deep", maxReferenceDepth)}
		}
	}
	return nil
}

// expandBraced evaluates what stands between the braces.
func expandBraced(s string, lookup func(string) (string, bool)) (string, error) {
	n := nameLen(s)
	name, rest := s[:n], s[n:]
	value, set := lookup(name)
	if n > 0 && rest == "" {
		return value, nil
	}
	filled := set
	op := strings.TrimPrefix(rest, ":")
	if op != rest {
		filled = set && value != ""
	}
	if n == 0 || op == "" || !strings.Contains("-+?", op[:1]) {
		return "", fmt.Errorf("invalid reference ${%s}", s)
	}
	word := op[1:]
	switch {
	case filled != (op[0] == '+'):
		return value, nil
	case op[0] == '?':
		reason, err := Expand(word, lookup)
		if err != nil {
			return "", err
		}
		return "", fmt.Errorf("required variable %s is missing a value: %s", name, reason)
	}
	return Expand(word, lookup)
}

// closing is the index of the brace that closes the one at s[0], or -1.
func closing(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// nameLen is the length of the variable name at the start of s.
func nameLen(s string) int {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return i
		}
	}
	return len(s)
}

// unescape replaces the escapes of a double quoted value. \$ becomes $$, which
// Expand turns into a plain dollar.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; {
		case c == '$':
			b.WriteString("$$")
		case c == '0':
			n := 1
			for n < 4 && i+n < len(s) && s[i+n] >= '0' && s[i+n] <= '9' {
				n++
			}
			// Octal, \0123: what is not one keeps all but the 0, as in
			// docker compose.
			octal := `\` + s[i+1:i+n]
			v, _, _, err := strconv.UnquoteChar(octal, '"')
			if err != nil {
				b.WriteString(octal)
			} else {
				b.WriteString(string(v))
			}
			i += n - 1
		case strings.IndexByte(`abfnrtv"\`, c) >= 0:
			v, _, _, _ := strconv.UnquoteChar(s[i-1:i+1], '"')
			b.WriteString(string(v))
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String()
}
