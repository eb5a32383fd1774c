package menu

import (
	"fmt"
	"strconv"
	"strings"
)

// vt is as much of a terminal as the bar needs: rows of a width, the cursor, CR, LF, CSI n A,
// CSI J, and colours, which it forgets (ECMA-48). Text in the last column wraps with the next
// character.
type vt struct {
	cols     int
	rows     [][]rune
	row, col int
}

func newVT(cols int) *vt { return &vt{cols: cols, rows: [][]rune{nil}} }

func (v *vt) put(r rune) {
	if v.col == v.cols {
		v.feed()
		v.col = 0
	}
	line := v.rows[v.row]
	for len(line) <= v.col {
		line = append(line, ' ')
	}
	line[v.col] = r
	v.rows[v.row] = line
	v.col++
}

func (v *vt) feed() {
	if v.row++; v.row == len(v.rows) {
		v.rows = append(v.rows, nil)
	}
}

// write obeys text; the terminal driver makes CR LF of LF (termios(3), ONLCR).
func (v *vt) write(text string) error {
	for len(text) > 0 {
		if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
			end := strings.IndexFunc(rest, func(r rune) bool { return r >= '@' && r <= '~' })
			if end < 0 {
				return fmt.Errorf("a sequence has no end: %q", text)
			}
			if err := v.control(rest[:end], rest[end]); err != nil {
				return err
			}
			text = rest[end+1:]
			continue
		}
		r := []rune(text)[0]
		switch {
		case r == '\r':
			v.col = 0
		case r == '\n':
			v.feed()
			v.col = 0
		case r < ' ':
			return fmt.Errorf("%q is written", r)
		default:
			v.put(r)
		}
		text = text[len(string(r)):]
	}
	return nil
}

func (v *vt) control(args string, final byte) error {
	switch final {
	case 'm':
	case 'J':
		v.rows = v.rows[:v.row+1]
		v.rows[v.row] = v.rows[v.row][:min(v.col, len(v.rows[v.row]))]
	case 'A':
		n, err := strconv.Atoi(args)
		if err != nil || n > v.row {
			return fmt.Errorf("%s rows up from row %d", args, v.row)
		}
		v.row -= n
	default:
		return fmt.Errorf("CSI %s%c is not known", args, final)
	}
	return nil
}

// lines are what is seen, without spaces at the ends.
func (v *vt) lines() []string {
	var out []string
	for _, r := range v.rows {
		out = append(out, strings.TrimRight(string(r), " "))
	}
	return out
}
