package statscmd

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Sequences of every terminal since the VT100 (console_codes(4)).
const (
	home       = "\x1b[H"
	clearLine  = "\x1b[K"
	clearBelow = "\x1b[J"
)

// frame draws text over whatever a terminal shows, in one write and without
// clearing first, so that nothing flickers: each line is cleared behind its new
// text, the rest below. What does not fit is left out, and lines are counted.
func frame(text string, height, width int) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if height > 0 && len(lines) > height {
		hidden := len(lines) - (height - 1)
		lines = append(lines[:height-1:height-1], fmt.Sprintf("... and %d more", hidden))
	}
	var b strings.Builder
	b.WriteString(home)
	for i, l := range lines {
		if i > 0 {
			b.WriteString("\n") // not behind the last: the terminal would scroll
		}
		b.WriteString(cut(l, width))
		b.WriteString(clearLine)
	}
	b.WriteString(clearBelow)
	return b.String()
}

// cut is what of a line fits; a last column that is filled needs no clearing, and
// clearing there would take the last character away.
func cut(line string, width int) string {
	if width <= 0 || utf8.RuneCountInString(line) < width {
		return line
	}
	return string([]rune(line)[:width-1])
}

// width is that of the longest line.
func width(text string) (most int) {
	for l := range strings.Lines(text) {
		most = max(most, utf8.RuneCountInString(strings.TrimRight(l, " \n")))
	}
	return most
}
