package progress

import "time"

// task is a thing on the screen.
type task struct {
	Event
	began, ended time.Time
	parts        []*task
}

// apply changes a task. Bytes only grow.
func (t *task) apply(e Event, now time.Time) {
	if e.Status != Working && t.Status == Working || t.ended.IsZero() && e.Status != Working {
		t.ended = now
	} else if e.Status == Working {
		t.ended = time.Time{}
	}
	if e.Text == t.Text {
		e.Current, e.Total = max(e.Current, t.Current), max(e.Total, t.Total)
	}
	t.Event = e
}

func (t *task) took(now time.Time) time.Duration {
	if !t.ended.IsZero() {
		now = t.ended
	}
	return now.Sub(t.began)
}

// bytes are those of all parts, and how many parts are done.
func (t *task) bytes() (current, total int64, done int) {
	for _, p := range t.parts {
		if p.Status == Done {
			done++
		}
		current, total = current+p.Current, total+p.Total
	}
	return current, total, done
}
