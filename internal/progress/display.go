package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Mode is how events are shown.
type Mode string

// The modes.
const (
	TTY   Mode = "tty"
	Plain Mode = "plain"
	JSON  Mode = "json"
	Quiet Mode = "quiet"
)

// Choose is the mode that a word of the user's asks for: "" and "auto" are TTY on a
// terminal that can be drawn on, else Plain.
func Choose(word string, terminal bool) Mode {
	switch m := Mode(word); m {
	case TTY, Plain, JSON, Quiet:
		return m
	}
	if terminal {
		return TTY
	}
	return Plain
}

// Options are what a Display needs besides a place to write to.
type Options struct {
	Mode   Mode
	Colour bool
	ASCII  bool // marks that every terminal has
	DryRun bool // nothing is done: every line of Plain and JSON says so
	// Size is that of the terminal, now; 0, 0 if it is not known. For TTY.
	Size func() (rows, cols int)
}

// Display shows events. Its methods may be called at the same time.
type Display struct {
	w io.Writer
	o Options

	mu     sync.Mutex
	region *region // TTY: what is drawn; nil = nothing
	title  string
	said   map[string]string // Plain, JSON: the last text of each thing that has a parent
	when   map[string]time.Time
	steps  plainSteps
	now    func() time.Time
}

// New makes a Display that writes to w.
func New(w io.Writer, o Options) *Display {
	if o.Size == nil {
		o.Size = func() (int, int) { return 0, 0 }
	}
	return &Display{w: w, o: o, said: map[string]string{}, when: map[string]time.Time{}, now: time.Now}
}

// Mode is how it shows events.
func (d *Display) Mode() Mode { return d.o.Mode }

// To lets everything from now on go to w.
func (d *Display) To(w io.Writer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.w = w
}

// Title names what is done, in the first line of a TTY's region: "pull".
func (d *Display) Title(operation string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.title = operation
}

// On shows an event.
func (d *Display) On(e Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch d.o.Mode {
	case TTY:
		d.live().on(e, d.now())
	case Plain:
		if !d.repeats(e, 0) {
			d.write(d.dry() + plainLine(e))
		}
	case JSON:
		if !d.repeats(e, jsonPause) {
			d.write(jsonLine(e, d.o.DryRun))
		}
	}
}

// jsonPause is how often bytes of a layer are told.
const jsonPause = 100 * time.Millisecond

// repeats: a part has nothing to tell but bytes, and has told them lately.
func (d *Display) repeats(e Event, pause time.Duration) bool {
	if e.Parent == "" {
		return false
	}
	key, now := e.Parent+"\x00"+e.ID, d.now()
	if d.said[key] == e.Text && (pause == 0 || now.Sub(d.when[key]) < pause) {
		return true
	}
	d.said[key], d.when[key] = e.Text, now
	return false
}

// Line shows an event as a line, whatever else is drawn.
func (d *Display) Line(e Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.region != nil {
		d.region.above(strings.TrimSuffix(plainLine(e), "\n"))
		return
	}
	d.write(d.dry() + plainLine(e))
}

// dry is what a line of a dry run begins with.
func (d *Display) dry() string {
	if d.o.DryRun {
		return " DRY-RUN MODE - "
	}
	return ""
}

// Print writes a line that stays: a warning.
func (d *Display) Print(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.region != nil {
		d.region.above(line)
		return
	}
	d.write(line + "\n")
}

// Pause ends the drawing: what is on the screen stays, and others may write. The next
// event begins anew.
func (d *Display) Pause() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.region != nil {
		d.region.end(d.now())
		d.region = nil
	}
	d.write(d.steps.rest())
}

// live is the region, begun if there is none.
func (d *Display) live() *region {
	if d.region == nil {
		d.region = newRegion(d)
	}
	return d.region
}

// write writes at once. An error would be one of standard error itself.
func (d *Display) write(text string) {
	if text != "" {
		_, _ = io.WriteString(d.w, text)
	}
}

func plainLine(e Event) string {
	text := " " + clean(e.ID) + "  " + clean(e.Text)
	if e.Details != "" {
		text += " " + clean(e.Details)
	} else if e.Total > 0 && e.Status == Working {
		text += " " + Size(e.Total)
	}
	return text + "\n"
}

// Size says bytes as docker does: "12.3MB".
func Size(n int64) string {
	f, unit := float64(n), 0
	units := [...]string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	for f >= 1000 && unit < len(units)-1 {
		f, unit = f/1000, unit+1
	}
	text := fmt.Sprintf("%.4g", f)
	if strings.Contains(text, "e") {
		text = fmt.Sprintf("%.0f", f)
	}
	return text + units[unit]
}
