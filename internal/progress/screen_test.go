package progress

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// screen is a terminal that knows what we use: it fails the test for all else.
type screen struct {
	t          *testing.T
	mu         sync.Mutex
	rows, cols int
	cells      [][]rune
	top        int // first row of cells that is on the screen
	y, x       int
	wrapped    int
}

func newScreen(t *testing.T, rows, cols int) *screen {
	return &screen{t: t, rows: rows, cols: cols, cells: [][]rune{{}}}
}

func (s *screen) size() (int, int) { return s.rows, s.cols }

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := []rune(string(p))
	for i := 0; i < len(text); i++ {
		switch r := text[i]; {
		case r == '\n':
			s.y, s.x = s.y+1, 0
		case r == '\r':
			s.x = 0
		case r == 0x1b:
			i = s.escape(text, i)
		case r < ' ' || r == 0x7f:
			s.t.Errorf("control character %q on the terminal", r)
		default:
			if s.x >= s.cols {
				s.y, s.x, s.wrapped = s.y+1, 0, s.wrapped+1
			}
			s.grow()
			for len(s.cells[s.y]) <= s.x {
				s.cells[s.y] = append(s.cells[s.y], ' ')
			}
			s.cells[s.y][s.x] = r
			s.x++
		}
		s.grow()
	}
	return len(p), nil
}

func (s *screen) grow() {
	for len(s.cells) <= s.y {
		s.cells = append(s.cells, nil)
	}
	s.top = max(s.top, s.y-s.rows+1)
}

func (s *screen) escape(text []rune, i int) int {
	n := 0
	if i+1 >= len(text) || text[i+1] != '[' {
		s.t.Fatalf("escape %q", string(text[i:]))
	}
	for i += 2; text[i] >= '0' && text[i] <= '9' || text[i] == ';'; i++ {
		n = n*10 + int(text[i]-'0')
	}
	switch text[i] {
	case 'A':
		s.y = max(s.top, s.y-n)
	case 'K':
		s.cells[s.y] = s.cells[s.y][:min(s.x, len(s.cells[s.y]))]
	case 'J':
		s.cells[s.y] = s.cells[s.y][:min(s.x, len(s.cells[s.y]))]
		s.cells = s.cells[:s.y+1]
	case 'm':
	default:
		s.t.Fatalf("escape ...%c", text[i])
	}
	return i
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, row := range s.cells {
		b.WriteString(strings.TrimRight(string(row), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// clock is a time that the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }
func (c *clock) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func display(t *testing.T, mode Mode, w *screen, buf *bytes.Buffer, colour bool) (*Display, *clock) {
	t.Helper()
	c := &clock{at: time.Unix(1e9, 0)}
	o := Options{Mode: mode, Colour: colour}
	var d *Display
	if w != nil {
		o.Size = w.size
		d = New(w, o)
	} else {
		d = New(buf, o)
	}
	d.now = c.now
	return d, c
}

// look draws now, as the ticker would.
func look(d *Display) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.region != nil {
		d.region.draw(d.now(), false)
	}
}

// scene is a pull of two images beside a build that fails.
func scene(d *Display, c *clock, at func(string)) {
	d.Title("up")
	d.On(Event{ID: "Image nginx:1.27", Text: "Pulling"})
	d.On(Event{ID: "Image redis", Text: "Pulling"})
	c.step(500 * time.Millisecond)
	d.On(Event{ID: "a1b2c3d4e5f6", Parent: "Image nginx:1.27", Text: "Pulling fs layer"})
	d.On(Event{ID: "a1b2c3d4e5f6", Parent: "Image nginx:1.27", Text: "Downloading", Current: 10_000_000, Total: 40_000_000})
	d.On(Event{ID: "ffffffffffff", Parent: "Image nginx:1.27", Text: "Already exists", Status: Done})
	at("layers")
	c.step(time.Second)
	d.On(Event{ID: "a1b2c3d4e5f6", Parent: "Image nginx:1.27", Text: "Downloading", Current: 20_000_000, Total: 40_000_000})
	d.Print("WARN the registry is slow")
	d.On(Event{ID: "a1b2c3d4e5f6", Parent: "Image nginx:1.27", Text: "Pull complete", Status: Done})
	d.On(Event{ID: "Image nginx:1.27", Text: "Pulled", Status: Done})
	d.On(Event{ID: "Image redis", Text: "no such host", Status: Error})
	d.On(Event{ID: "Image demo-web", Text: "Building"})
	b := d.Build("web", "Image demo-web")
	b.On(build.Event{Kind: build.Started, Stage: "internal", Text: "load build definition from Dockerfile"})
	c.step(20 * time.Millisecond)
	b.On(build.Event{Kind: build.Done, Stage: "internal", Text: "load build definition from Dockerfile", Took: 20 * time.Millisecond})
	b.On(build.Event{Kind: build.Cached, Stage: "builder", Number: 1, Steps: 2, Text: "FROM debian"})
	run := build.Event{Kind: build.Started, Stage: "builder", Number: 2, Steps: 2, Text: "RUN make\x1b[2J"}
	b.On(run)
	c.step(time.Second)
	run.Kind, run.Output = build.Output, []byte("cc -c a.c\n10%\r100%\nhalf \x1b[31mred\x1b[0m")
	b.On(run)
	at("steps")
	b.On(build.Event{Kind: build.Started, Stage: "stage-1", Number: 1, Steps: 3, Text: "WORKDIR /x"})
	b.On(build.Event{Kind: build.Done, Stage: "stage-1", Number: 1, Steps: 3, Text: "WORKDIR /x", Took: time.Millisecond})
	run.Kind, run.Err, run.Took = build.Failed, fmt.Errorf("process \"/bin/sh -c make\" did not complete successfully: exit code: 2"), 2*time.Second
	c.step(time.Second)
	b.On(run)
	b.End(run.Err)
	d.On(Event{ID: "Image demo-web", Text: "failed", Status: Error})
	d.Pause()
	at("end")
}
