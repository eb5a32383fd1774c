package progress

import (
	"strings"
	"unicode"
)

// clean makes text fit for one line of a terminal: what strangers wrote (names, output
// of programs) moves no cursor and changes no colour.
func clean(s string) string {
	plain := func(r rune) bool { return r >= ' ' && r < 0x7f }
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r), r == 0x2028, r == 0x2029, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, stripEscapes(s))
}

// Line is what strangers wrote (registries, images, programs) as one line that does
// nothing to a terminal but show itself.
func Line(s string) string { return clean(s) }

// Lines is Line for a text of several lines, in which tabs stay too.
func Lines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		cells := strings.Split(line, "\t")
		for n := range cells {
			cells[n] = clean(cells[n])
		}
		lines[i] = strings.Join(cells, "\t")
	}
	return strings.Join(lines, "\n")
}

// stripEscapes takes control sequences out as a whole (ECMA-48, 5.4; OSC to its end).
func stripEscapes(s string) string {
	if !strings.Contains(s, "\x1b") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != 0x1b {
			b.WriteByte(s[i])
			continue
		}
		if i++; i >= len(s) {
			break
		}
		switch s[i] {
		case '[':
			for i++; i < len(s) && (s[i] < 0x40 || s[i] > 0x7e); i++ {
			}
		case ']':
			for i++; i < len(s) && s[i] != 0x07 && s[i] != 0x1b; i++ {
			}
		}
	}
	return b.String()
}

// width is how many columns a rune takes.
func width(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff,
		r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6,
		r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

func columns(s string) (n int) {
	for _, r := range s {
		n += width(r)
	}
	return n
}

// cut shortens s to n columns; the last of them says that more follows.
func cut(s string, n int) string {
	if len(s) <= n || columns(s) <= n {
		return s
	}
	if n < 4 {
		return strings.Repeat(".", max(n, 0))
	}
	used := 0
	for i, r := range s {
		if used += width(r); used > n-3 {
			return s[:i] + "..."
		}
	}
	return s
}

// pad fills s up to n columns.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-columns(s)))
}
