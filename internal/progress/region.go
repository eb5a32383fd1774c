package progress

import (
	"strings"
	"time"
)

// region is what is drawn anew on a terminal. Display's lock guards it.
type region struct {
	d     *Display
	tasks map[string]*task
	order []*task // those without a parent
	built []*steps
	lines []string // to be put above
	drawn frame
	stop  chan struct{}
}

// tick is how often the screen is looked at: what has changed is seen at once by
// human measure, and costs nothing.
const tick = 100 * time.Millisecond

func newRegion(d *Display) *region {
	r := &region{d: d, tasks: map[string]*task{}, stop: make(chan struct{})}
	go r.run()
	return r
}

// run draws until the region ends.
func (r *region) run() {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-ticker.C:
			r.d.mu.Lock()
			if r.d.region == r {
				r.draw(r.d.now(), false)
			}
			r.d.mu.Unlock()
		}
	}
}

// on takes an event in.
func (r *region) on(e Event, now time.Time) {
	key := e.Parent + "\x00" + e.ID
	t := r.tasks[key]
	if t == nil {
		t = &task{began: now, Event: Event{ID: e.ID, Parent: e.Parent}}
		r.tasks[key] = t
		if p := r.tasks["\x00"+e.Parent]; e.Parent != "" && p != nil {
			p.parts = append(p.parts, t)
		} else {
			r.order = append(r.order, t)
		}
	}
	t.apply(e, now)
}

// above puts a line over what is drawn.
func (r *region) above(line string) {
	r.lines = append(r.lines, line)
	r.draw(r.d.now(), false)
}

// end draws the last frame.
func (r *region) end(now time.Time) {
	close(r.stop)
	r.draw(now, true)
}

// draw writes what has changed.
func (r *region) draw(now time.Time, last bool) {
	rows, cols := r.d.o.Size()
	if cols <= 0 {
		cols = 80
	}
	if rows <= 0 {
		rows = 24
	}
	v := view{rows: rows - 1, cols: cols - 1, now: now, marks: marksOf(r.d.o), title: r.d.title}
	if last {
		v.rows = 0
	}
	lines := v.render(r.order, r.built)
	var b strings.Builder
	r.drawn.replace(&b, r.lines, lines, cols)
	r.lines = nil
	r.d.write(b.String())
}
