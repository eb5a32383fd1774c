package level

import (
	"bytes"
	"strconv"
)

// carries reports that fields of that name, in lower case, have a level.
func carries(name string) bool {
	switch name {
	case "level", "lvl", "severity", "loglevel", "log_level", "log.level", "levelname", "severity_text", "severitytext", "@l", "s", "@level", "level_name":
		return true
	}
	return false
}

// longestField is the length of the longest of those names.
const longestField = 13

// ofJSON reads the object that a line is; is: it is one. Only fields of the object
// itself count. It makes nothing, and looks no further than the field.
func ofJSON(line []byte) (l Level, is bool) {
	b, ok := skipSpace(line[1:]), true
	if len(b) == 0 || b[0] != '"' && b[0] != '}' {
		return None, false
	}
	for len(b) > 0 && b[0] == '"' {
		var key, value []byte
		if key, b, ok = text(b); !ok {
			return None, false
		}
		if b = skipSpace(b); len(b) == 0 || b[0] != ':' {
			return None, false
		}
		if value, b, ok = one(skipSpace(b[1:])); !ok {
			return None, true // cut off, or nothing that we understand
		}
		if isField(key) {
			if l := ofValue(value, string(key) == "s"); l != None {
				return l, true
			}
		}
		if b = skipSpace(b); len(b) == 0 || b[0] != ',' {
			break
		}
		b = skipSpace(b[1:])
	}
	return None, true
}

func isField(key []byte) bool {
	if len(key) == 0 || len(key) > longestField {
		return false
	}
	var low [longestField]byte
	for i, c := range key {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		low[i] = c
	}
	return carries(string(low[:len(key)]))
}

// ofValue is the level of a value; short: a letter will do, as MongoDB writes.
func ofValue(v []byte, short bool) Level {
	if len(v) > 1 && v[0] == '"' {
		v = v[1 : len(v)-1]
		if short && len(v) > 0 && len(v) < 3 {
			return letter(v[0])
		}
		if short {
			return None
		}
		return word(v)
	}
	if n, err := strconv.Atoi(string(v)); err == nil && !short {
		return ofNumber(n)
	}
	return None
}

func skipSpace(b []byte) []byte { return bytes.TrimLeft(b, " \t") }

// text reads a string: what is between its quotes, escapes as they are.
func text(b []byte) (in, rest []byte, ok bool) {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return b[1:i], b[i+1:], true
		}
	}
	return nil, nil, false
}

// one reads a value of any kind.
func one(b []byte) (v, rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, nil, false
	}
	switch b[0] {
	case '"':
		in, rest, ok := text(b)
		if !ok {
			return nil, nil, false
		}
		return b[:len(in)+2], rest, true
	case '{', '[':
		return nested(b)
	}
	n := bytes.IndexAny(b, ",} \t")
	if n < 0 {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

// nested reads an object or a list to its end.
func nested(b []byte) (v, rest []byte, ok bool) {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return b[:i+1], b[i+1:], true
			}
		case '"':
			in, _, ok := text(b[i:])
			if !ok {
				return nil, nil, false
			}
			i += len(in) + 1
		}
	}
	return nil, nil, false
}
