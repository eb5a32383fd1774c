package locate

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// MaxEnvFile bounds an env file, and what its variables come to, in bytes.
const MaxEnvFile = 8 << 20

// ParseEnv reads the text of one env file on its own. References are looked up
// with lookup first, then in what the text has set before.
func ParseEnv(src string, lookup func(string) (string, bool)) (map[string]string, error) {
	vars := map[string]string{}
	return vars, parseEnv(src, vars, lookup)
}

// parseEnv reads docker compose's dotenv syntax into vars. References are
// looked up in env first, then in what was read so far.
func parseEnv(src string, vars map[string]string, env func(string) (string, bool)) error {
	p := &envParser{src: strings.TrimPrefix(src, "\ufeff"), line: 1}
	total := 0
	lookup := func(name string) (string, bool) {
		if v, ok := env(name); ok {
			return v, true
		}
		v, ok := vars[name]
		return v, ok
	}
	for p.skipBlank() {
		key, inherited, err := p.key()
		if err != nil {
			return err
		}
		if inherited {
			if v, ok := lookup(key); ok {
				vars[key] = v
			}
			continue
		}
		value, err := p.value(lookup)
		if err != nil {
			return err
		}
		// A few lines that name each other twice would fill the memory.
		if total += len(value); total > MaxEnvFile {
			return fmt.Errorf("line %d: %w", p.line-1, &BoundError{fmt.Sprintf("the values are longer than %d MiB together", MaxEnvFile>>20)})
		}
		vars[key] = value
	}
	return nil
}

type envParser struct {
	src  string
	line int
}

// skipBlank goes to the next statement and tells whether there is one.
func (p *envParser) skipBlank() bool {
	for {
		i := strings.IndexFunc(p.src, func(r rune) bool { return !unicode.IsSpace(r) })
		if i < 0 {
			return false
		}
		p.line += strings.Count(p.src[:i], "\n")
		p.src = p.src[i:]
		if p.src[0] != '#' {
			return true
		}
		i = strings.IndexByte(p.src, '\n')
		if i < 0 {
			return false
		}
		p.src = p.src[i:]
	}
}

// key reads a variable's name up to '=', ':' or, for one that is inherited
// from the environment, the end of the line.
func (p *envParser) key() (key string, inherited bool, err error) {
	if rest, ok := strings.CutPrefix(p.src, "export"); ok {
		if trimmed := strings.TrimLeft(rest, " \t\v\f\r\n"); trimmed != rest {
			p.src = strings.TrimLeftFunc(rest, isBlank)
			if p.src == "" {
				return "", false, errors.New("no variable after export")
			}
		}
	}
	end, next := 0, 0
	for i, r := range p.src {
		if r == '=' || r == ':' || r == '\n' {
			end, next, inherited = i, i+1, r == '\n'
			break
		}
		if !isBlank(r) && !strings.ContainsRune("_.-[]", r) && !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			line, _, _ := strings.Cut(p.src, "\n")
			return "", false, fmt.Errorf("line %d: unexpected character %q in variable name %q", p.line, r, line)
		}
	}
	key = strings.TrimRightFunc(p.src[:end], unicode.IsSpace)
	if strings.Contains(key, " ") {
		return "", false, fmt.Errorf("line %d: key cannot contain a space", p.line)
	}
	if inherited {
		p.line++
	}
	// A name at the end of the file without a newline has no value and is
	// taken as the value of the empty key, as docker compose's parser does.
	p.src = strings.TrimLeftFunc(p.src[next:], isBlank)
	return key, inherited, nil
}

// value reads a plain, '…' or "…" value.
func (p *envParser) value(lookup func(string) (string, bool)) (string, error) {
	if p.src == "" || (p.src[0] != '"' && p.src[0] != '\'') {
		v, rest, _ := strings.Cut(p.src, "\n")
		p.src, p.line = rest, p.line+1
		v, _, _ = strings.Cut(v, " #")
		return p.expand(strings.TrimRightFunc(v, unicode.IsSpace), lookup)
	}
	quote, start := p.src[0], p.line
	var b strings.Builder
	escaped := false
	for i := 1; i < len(p.src); i++ {
		c := p.src[i]
		switch {
		case c == quote && !escaped:
			p.src = p.src[i+1:]
			if quote == '\'' {
				return b.String(), nil
			}
			return p.expand(unescape(b.String()), lookup)
		case c == '\\' && !escaped:
			escaped = true
			continue
		case escaped && c != quote:
			b.WriteByte('\\')
		}
		if c == '\n' {
			p.line++
		}
		escaped = false
		b.WriteByte(c)
	}
	line, _, _ := strings.Cut(p.src, "\n")
	return "", fmt.Errorf("line %d: unterminated quoted value %s", start, line)
}

func (p *envParser) expand(v string, lookup func(string) (string, bool)) (string, error) {
	if err := bounded(v); err != nil {
		return "", fmt.Errorf("line %d: %w", p.line, err)
	}
	out, err := Expand(v, lookup)
	if err != nil {
		return "", fmt.Errorf("line %d: %w", p.line, err)
	}
	return out, nil
}

// isBlank is white space within a line.
func isBlank(r rune) bool {
	switch r {
	case '\t', '\v', '\f', '\r', ' ', 0x85, 0xA0:
		return true
	}
	return false
}
