package progress

import (
	"fmt"
	"strings"
	"time"
)

// view is how states become lines.
type view struct {
	rows, cols int // at most; rows 0 = as many as there are
	now        time.Time
	marks      marks
	title      string
}

// marks are what stands before a line, and its colours.
type marks struct {
	state  [4]string // by Status
	full   string    // of a bar
	colour bool
}

func marksOf(o Options) marks {
	m := marks{state: [4]string{"⠿", "✔", "!", "✘"}, full: "━", colour: o.Colour}
	if o.ASCII {
		m.state, m.full = [4]string{"-", "+", "!", "x"}, "="
	}
	return m
}

// ANSI colours of the states (ECMA-48, SGR): blue, green, yellow, red.
var colours = [4]string{"34", "32", "33", "31"}

func (m marks) paint(s Status, text string) string {
	if !m.colour || text == "" {
		return text
	}
	return "\x1b[" + colours[s] + "m" + text + "\x1b[0m"
}

// render makes the lines. Where they are too many for the screen, parts go first, then
// what is done, then the rest from the top.
func (v *view) render(order []*task, built []*steps) []string {
	var lines []string
	if len(order) > 0 {
		lines = v.tasks(order, true)
		if v.rows > 0 && len(lines) > v.rows {
			lines = v.tasks(order, false)
		}
		if v.rows > 0 && len(lines) > v.rows {
			lines = v.busy(order)
		}
	}
	for _, s := range built {
		room := 0
		if v.rows > 0 {
			room = max(3, v.rows-len(lines))
		}
		lines = append(lines, s.render(v, room)...)
	}
	if v.rows > 0 && len(lines) > v.rows {
		lines = lines[len(lines)-v.rows:]
	}
	return lines
}

// tasks are the header and a line for each thing; with parts, those of what is working too.
func (v *view) tasks(order []*task, parts bool) []string {
	done, wide := 0, 0
	for _, t := range order {
		if t.Status != Working {
			done++
		}
		wide = max(wide, columns(clean(t.ID)))
	}
	lines := []string{cut(fmt.Sprintf("[+] %s %d/%d", v.title, done, len(order)), v.cols)}
	for _, t := range order {
		lines = append(lines, v.line(t, " ", wide))
		if !parts || t.Status != Working {
			continue
		}
		for _, p := range t.parts {
			lines = append(lines, v.line(p, "   ", 12))
		}
	}
	return lines
}

// busy leaves out what is done.
func (v *view) busy(order []*task) []string {
	var left []*task
	done := 0
	for _, t := range order {
		if t.Status == Working || t.Status == Error {
			left = append(left, t)
		} else {
			done++
		}
	}
	lines := v.tasks(left, false)
	lines[0] = cut(fmt.Sprintf("[+] %s %d/%d", v.title, done, len(order)), v.cols)
	if len(lines) > v.rows {
		more := len(lines) - v.rows + 1
		lines = append(lines[:v.rows-1], cut(fmt.Sprintf(" ... %d more", more), v.cols))
	}
	return lines
}

const barWidth = 20

// line is one thing: its mark, name, state, and at the right how long it took.
func (v *view) line(t *task, indent string, wide int) string {
	left := clean(t.ID)
	timer := seconds(t.took(v.now))
	text := clean(t.Text)
	if extra := v.extra(t); extra != "" {
		text += " " + extra
	}
	room := v.cols - columns(indent) - 2 - 1 - columns(timer) - 1
	most := max(10, room-columns(text)-1)
	if t.Status != Working {
		most = max(most, room/2) // a long error does not hide of what it is
	}
	left = pad(cut(left, most), min(wide, most))
	body := left + " " + text
	if columns(body) > room {
		body = cut(body, room)
	}
	fill := strings.Repeat(" ", max(0, room-columns(body)))
	if i := strings.Index(body[min(len(left), len(body)):], clean(t.Text)); v.marks.colour && i >= 0 && t.Text != "" {
		at := min(len(left), len(body)) + i
		end := at + len(clean(t.Text))
		body = body[:at] + v.marks.paint(t.Status, body[at:end]) + body[end:]
	}
	return indent + v.marks.paint(t.Status, v.marks.state[t.Status]) + " " + body + fill + "  " + timer
}

// extra is what stands behind the state: a bar and bytes while there are any, or details.
func (v *view) extra(t *task) string {
	current, total := t.Current, t.Total
	if len(t.parts) > 0 && t.Status == Working {
		c, n, done := t.bytes()
		return fmt.Sprintf("[%s] %s / %s", v.bar(int64(done), int64(len(t.parts))), Size(c), Size(n))
	}
	if current < total && t.Status == Working {
		return fmt.Sprintf("[%s] %s / %s", v.bar(current, total), Size(current), Size(total))
	}
	return clean(t.Details)
}

func (v *view) bar(current, total int64) string {
	n := 0
	if total > 0 {
		n = int(min(current*barWidth/total, barWidth))
	}
	return strings.Repeat(v.marks.full, n) + strings.Repeat(" ", barWidth-n)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1fs", max(0, d.Seconds())) }
