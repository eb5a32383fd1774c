package progress

import (
	"fmt"
	"slices"
	"strings"
)

// frame is what stands on the screen, with the cursor in the line below.
type frame struct {
	lines []string
	cols  int
}

// replace writes what turns the frame into another one, with lines that stay above it.
// Lines that have not changed are not written again. A terminal that has become
// narrower has broken the old lines into several; then all is written.
func (f *frame) replace(b *strings.Builder, above, lines []string, cols int) {
	if len(above) == 0 && f.cols == cols && slices.Equal(f.lines, lines) {
		return
	}
	up, same := 0, f.cols == cols && len(above) == 0
	for _, l := range f.lines {
		up += max(1, (columns(plain(l))+cols-1)/cols)
	}
	if up > 0 {
		fmt.Fprintf(b, "\x1b[%dA\r", up)
	}
	for _, l := range above {
		b.WriteString(l + "\x1b[K\n")
	}
	for i, l := range lines {
		if same && i < len(f.lines) && f.lines[i] == l {
			b.WriteString("\n")
			continue
		}
		b.WriteString(l + "\x1b[K\n")
	}
	if len(lines)+len(above) < up || !same {
		b.WriteString("\x1b[J")
	}
	f.lines, f.cols = slices.Clone(lines), cols
}

// plain is a line of ours without its colours.
func plain(s string) string { return stripEscapes(s) }
