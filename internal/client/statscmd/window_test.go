package statscmd

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// vt is a terminal as far as frame needs one (console_codes(4)). The kernel's line
// discipline makes a carriage return of each line feed.
type vt struct {
	cells    [][]rune
	row, col int
	scrolled int
	erased   int // characters that were visible and were not there for a moment
}

func newVT(height, width int) *vt {
	v := &vt{}
	v.resize(height, width)
	return v
}

func (v *vt) resize(height, width int) {
	cells := make([][]rune, height)
	for i := range cells {
		cells[i] = []rune(strings.Repeat(" ", width))
		if i < len(v.cells) {
			copy(cells[i], v.cells[i])
		}
	}
	v.cells, v.row, v.col = cells, min(v.row, height-1), min(v.col, width-1)
}

func (v *vt) write(t *testing.T, text string) {
	t.Helper()
	for text != "" {
		if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
			i := strings.IndexAny(rest, "HJK")
			if i != 0 {
				t.Fatalf("a sequence that is not understood: %q", text[:min(8, len(text))])
			}
			switch rest[0] {
			case 'H':
				v.row, v.col = 0, 0
			case 'K':
				v.clear(v.row, v.col)
			case 'J':
				v.clear(v.row, v.col)
				for r := v.row + 1; r < len(v.cells); r++ {
					v.clear(r, 0)
				}
			}
			text = rest[1:]
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		if r == '\n' {
			v.feed()
			continue
		}
		if v.col == len(v.cells[0]) { // the line is full: it goes on in the next
			v.feed()
		}
		v.cells[v.row][v.col] = r
		v.col++
	}
}

func (v *vt) feed() {
	v.col = 0
	if v.row++; v.row == len(v.cells) {
		v.row--
		v.scrolled++
		v.cells = append(v.cells[1:], []rune(strings.Repeat(" ", len(v.cells[0]))))
	}
}

func (v *vt) clear(row, from int) {
	for c := from; c < len(v.cells[row]); c++ {
		v.cells[row][c] = ' '
	}
}

func (v *vt) String() string {
	var lines []string
	for _, c := range v.cells {
		lines = append(lines, strings.TrimRight(string(c), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func table(rows int, cell string) string {
	var b strings.Builder
	b.WriteString("NAME  USED\n")
	for i := range rows {
		fmt.Fprintf(&b, "s%-4d %s\n", i, cell)
	}
	return b.String()
}

// Each frame shows its own text and nothing of the last one, whatever becomes of the
// number of rows, their length and the size of the terminal, and never scrolls.
func TestScreen(t *testing.T) {
	v := newVT(6, 20)
	v.write(t, strings.Repeat("what was there before\n", 9))
	v.scrolled = 0
	for i, c := range []struct {
		height, width, rows int
		cell, want          string
	}{
		{6, 20, 2, "100.00%", "NAME  USED\ns0    100.00%\ns1    100.00%"},
		{6, 20, 2, "1%", "NAME  USED\ns0    1%\ns1    1%"},
		{6, 20, 5, "x", "NAME  USED\ns0    x\ns1    x\ns2    x\ns3    x\ns4    x"},
		{6, 20, 9, "x", "NAME  USED\ns0    x\ns1    x\ns2    x\ns3    x\n... and 5 more"},
		{3, 20, 9, "x", "NAME  USED\ns0    x\n... and 8 more"},
		{8, 10, 2, "123456789", "NAME  USE\ns0    123\ns1    123"},
		{8, 20, 0, "", "NAME  USED"},
		{1, 20, 4, "x", "... and 5 more"},
	} {
		v.resize(c.height, c.width)
		v.write(t, frame(table(c.rows, c.cell), c.height, c.width))
		if v.String() != c.want || v.scrolled != 0 {
			t.Errorf("frame %d, scrolled by %d:\n%s\nwant\n%s", i, v.scrolled, v, c.want)
		}
	}
}

// A frame is one text that never empties the screen before it draws: that would flicker.
func TestNoFlicker(t *testing.T) {
	f := frame(table(3, "x"), 24, 80)
	if before, _, ok := strings.Cut(f, "NAME"); !ok || before != home {
		t.Errorf("before the first line: %q, want no more than the way home", before)
	}
	if strings.Contains(f, "\x1b[2J") || strings.Count(f, clearBelow) != 1 || !strings.HasSuffix(f, clearBelow) {
		t.Errorf("%q", f)
	}
}

func TestUnknownSize(t *testing.T) {
	text := strings.Repeat("a", 300) + "\n" + strconv.Itoa(7) + "\n"
	if f := frame(text, 0, 0); !strings.Contains(f, strings.Repeat("a", 300)) || !strings.Contains(f, "7") {
		t.Errorf("%q", f)
	}
	if w := width(text); w != 300 {
		t.Errorf("width %d", w)
	}
}
