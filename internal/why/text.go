package why

import (
	"fmt"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/shellword"
)

// Bounds of what is printed.
const (
	logLines   = 20 // of a log
	shortLog   = 5
	probeLines = 5
	shortProbe = 2
	shortMend  = 3
	width      = 160 // of a line of somebody else's
)

// Text is an account in full, several lines.
func (a *Account) Text(zone *time.Location) string {
	var b strings.Builder
	for at := a; at != nil; at = at.Because {
		b.WriteString(at.Head + "\n")
		for _, m := range at.Mend {
			if at.Because != nil {
				section(&b, "mend", m)
			}
		}
	}
	a.root().details(&b, zone, logLines, probeLines, len(a.root().Mend), "")
	return b.String()
}

// Heads are the first lines of an account, without the details of the one that it waits
// for.
func (a *Account) Heads() string {
	var b strings.Builder
	for at := a; at.Because != nil; at = at.Because {
		b.WriteString(at.Head + "\n")
	}
	return b.String()
}

// Root is the name of the container whose trouble it comes from; "" = a service without one.
func (a *Account) Root() string { return a.root().Container }

// Short is what a command that failed says below its error, at most 15 lines. said is the
// error, which is not said again.
func (a *Account) Short(zone *time.Location, said, program string) string {
	var b strings.Builder
	root := a.root()
	if root != a {
		b.WriteString("  " + root.Head + "\n")
	}
	root.details(&b, zone, shortLog, shortProbe, shortMend, said)
	if root.Service != "" {
		section(&b, "more", program+" why "+root.Service)
	}
	return b.String()
}

// details are the indented lines.
func (a *Account) details(b *strings.Builder, zone *time.Location, lines, probe, mend int, said string) {
	if a.Cause != "" && !strings.Contains(said, a.Cause) {
		section(b, "cause", a.Cause)
	}
	if p := a.Probe; p != nil && !strings.Contains(said, "last probe") && !strings.Contains(a.Cause, p.Output) {
		section(b, "probe", p.text(probe))
	}
	var text []string
	for _, l := range tail(a.Log, lines) {
		text = append(text, l.text(zone))
	}
	section(b, "log", strings.Join(text, "\n"))
	section(b, "times", story(a.Times, zone))
	for i, m := range a.Mend {
		if i < mend {
			title := "mend"
			if i > 0 {
				title = ""
			}
			section(b, title, m)
		}
	}
}

func (p *Probe) text(lines int) string {
	head := p.What
	if p.Ran {
		head = fmt.Sprintf("%s (exit %d)", p.What, p.Code)
	}
	out := strings.Split(strings.TrimSpace(p.Output), "\n")
	if len(out) > lines {
		out = append(out[:lines-1], "...")
	}
	if len(out) == 1 && out[0] == "" {
		return head + ": no output"
	}
	for i := range out {
		out[i] = cut(out[i])
	}
	return head + "\n" + strings.Join(out, "\n")
}

func (l *Line) text(zone *time.Location) string {
	mark := " "
	if l.Stream == "stderr" {
		mark = "!"
	}
	at := ""
	if !l.At.IsZero() {
		at = l.At.In(zone).Format("15:04:05") + " "
	}
	return at + mark + " " + cut(plain(l.Text))
}

// story is the time line in one line. Of a long one the first and the last are told. What
// happened within a second of the moment before says by how much it was later.
func story(times []Moment, zone *time.Location) string {
	const most = 8
	var parts []string
	var before time.Time
	for i, m := range times {
		if len(times) > most && i == 1 {
			parts = append(parts, "...")
		}
		if len(times) > most && i >= 1 && i <= len(times)-most+1 {
			continue
		}
		at, layout := m.At.In(zone), "15:04:05"
		if i > 0 && at.Format("Jan 2") != before.Format("Jan 2") || i == 0 && spans(times, zone) {
			layout = "Jan 2 15:04:05"
		}
		stamp := at.Format(layout)
		if gap := at.Sub(before); i > 0 && gap >= 0 && gap < time.Second && parts[len(parts)-1] != "..." {
			stamp = "+" + round(gap)
		}
		before = at
		parts = append(parts, stamp+" "+m.What)
	}
	return strings.Join(parts, ", ")
}

// spans reports that the moments are not all of one day.
func spans(times []Moment, zone *time.Location) bool {
	return times[0].At.In(zone).Format("Jan 2") != times[len(times)-1].At.In(zone).Format("Jan 2")
}

// section puts a title before the first of some lines.
func section(b *strings.Builder, title, text string) {
	if text == "" {
		return
	}
	for line := range strings.SplitSeq(plain(text), "\n") {
		fmt.Fprintf(b, "  %-6s %s\n", title, line)
		title = ""
	}
}

// cut keeps a line of somebody else's short.
func cut(line string) string {
	if r := []rune(line); len(r) > width {
		return string(r[:width-3]) + "..."
	}
	return line
}

// plain is a text without what a terminal would obey; line feeds stay.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		if r == '\t' {
			return ' '
		}
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

func tail[T any](list []T, n int) []T { return list[max(0, len(list)-n):] }

// quoted is a health check's test as one types it behind exec.
func quoted(test []string) string {
	if len(test) < 2 {
		return ""
	}
	args := test[1:]
	if test[0] == "CMD-SHELL" {
		args = []string{"sh", "-c", test[1]}
	}
	var out []string
	for _, a := range args {
		out = append(out, shellword.Quote(a))
	}
	return plain(strings.Join(out, " "))
}
