package progress

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// Build is where the steps of one image's build are told. Its methods may be called at
// the same time as others of the Display.
type Build struct {
	d     *Display
	name  string // the service's
	image string // ID of the thing that is built
	shown *steps // TTY
}

// Build begins a build: name stands before each of its steps, image is the ID of the
// event that tells of the build as a whole.
func (d *Display) Build(name, image string) *Build {
	b := &Build{d: d, name: name, image: image}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.o.Mode == TTY {
		b.shown = &steps{image: strings.TrimPrefix(image, "Image "), began: d.now()}
		r := d.live()
		r.built = append(r.built, b.shown)
	}
	return b
}

// On shows what happens.
func (b *Build) On(e build.Event) {
	d := b.d
	d.mu.Lock()
	defer d.mu.Unlock()
	name := b.step(&e)
	switch d.o.Mode {
	case TTY:
		if e.Kind == build.Warned {
			d.live().lines = append(d.live().lines, "WARN "+clean(e.Text))
			return
		}
		b.shown.on(name, &e, d.now())
	case Plain:
		if e.Kind == build.Warned {
			d.write(d.steps.rest() + "WARN " + clean(e.Text) + "\n")
			return
		}
		d.write(d.steps.on(name, &e, d.now()))
	case JSON:
		d.write(b.json(name, &e))
	case Quiet:
		if e.Kind == build.Warned {
			d.write("WARN " + clean(e.Text) + "\n")
		}
	}
}

// End says that the build is over.
func (b *Build) End(err error) {
	b.d.mu.Lock()
	defer b.d.mu.Unlock()
	if b.shown != nil {
		b.shown.ended, b.shown.failed = b.d.now(), err != nil
	}
	b.d.write(b.d.steps.rest())
}

// step is a step's name as BuildKit writes it: "[web builder 2/5] RUN make".
func (b *Build) step(e *build.Event) string {
	if e.Number == 0 {
		if strings.HasPrefix(e.Text, "[") {
			return clean(e.Text)
		}
		return fmt.Sprintf("[%s] %s", strings.TrimSpace(b.name+" "+e.Stage), clean(e.Text))
	}
	words := []string{b.name}
	if e.Stage != "" {
		words = append(words, e.Stage)
	}
	return fmt.Sprintf("[%s %d/%d] %s", strings.Join(words, " "), e.Number, e.Steps, clean(firstLine(e.Text)))
}

// firstLine is what is shown of a here-document.
func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

func (b *Build) json(name string, e *build.Event) string {
	r := Event{ID: name, Parent: b.image, Text: strings.ToUpper(string(e.Kind)), Details: string(e.Output)}
	switch e.Kind {
	case build.Done, build.Cached:
		r.Status = Done
	case build.Warned, build.Canceled:
		r.Status = Warning
	case build.Failed:
		r.Status, r.Text = Error, "ERROR"
		if e.Err != nil {
			r.Details = e.Err.Error()
		}
	}
	return jsonLine(r, false)
}

// lines collects output to lines. A carriage return begins the line anew, as progress
// bars do.
type lines struct{ part []byte }

// maxLine is how much of a line is kept, in bytes.
const maxLine = 64 << 10

func (l *lines) add(p []byte) (full []string) {
	l.part = append(l.part, p...)
	for {
		i := bytes.IndexByte(l.part, '\n')
		if i < 0 && len(l.part) > maxLine {
			i = maxLine
		}
		if i < 0 {
			return full
		}
		full = append(full, lastWrite(string(l.part[:i])))
		l.part = l.part[min(i+1, len(l.part)):]
	}
}

func (l *lines) rest() (full []string) {
	if len(l.part) > 0 {
		full, l.part = []string{lastWrite(string(l.part))}, nil
	}
	return full
}

// lastWrite is what stands in a line at its end.
func lastWrite(s string) string {
	s = strings.TrimRight(s, "\r")
	return clean(s[strings.LastIndexByte(s, '\r')+1:])
}

func since(began, now time.Time) string { return fmt.Sprintf("%.3f", max(0, now.Sub(began).Seconds())) }
