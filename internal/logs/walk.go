package logs

import (
	"github.com/mocker-compose/mocker-compose/internal/logs/level"
	"github.com/mocker-compose/mocker-compose/internal/logs/match"
)

// walk visits those lines of a stream that a filter wants, from some position back to
// its beginning.
type walk struct {
	backward
	filter *match.Filter
	stream int  // index of s
	found  mark // what step found

	ready []mark // found earlier, the newest first
	// later are lines that continue one that has not been visited: they have its level.
	later []mark
}

// mark is a line that was found.
type mark struct {
	begin, seq uint64
	before     level.Level // of the line before, if this one continues it
	text       bool        // the patterns let it pass
}

// laterMost bounds how many lines of one stack trace are looked at.
const laterMost = 10_000

// step finds the next line, false if there is none.
func (w *walk) step() (ok bool, err error) {
	for {
		if len(w.ready) > 0 {
			w.found, w.ready = w.ready[0], w.ready[1:]
			return true, nil
		}
		if ok, err := w.next(); !ok || err != nil {
			return false, err
		}
		if err := w.visit(); err != nil {
			return false, err
		}
	}
}

// visit judges the line that next has prepared.
func (w *walk) visit() error {
	defer func() { w.end = w.begin }()
	if w.filter == nil {
		w.ready = append(w.ready, mark{begin: w.begin, seq: w.seq()})
		return nil
	}
	line, err := w.text()
	if err != nil {
		return err
	}
	text := w.filter.WantsText(line)
	if w.filter.ByLevel() && len(w.later) < laterMost && level.Of(line) == level.None && level.Continues(line) {
		w.later = append(w.later, w.mark(text))
		return nil
	}
	l := w.filter.Level(line, level.None)
	later := w.later
	w.later = w.later[:0]
	if !w.filter.WantsLevel(l) {
		return nil
	}
	w.ready = w.ready[:0]
	for _, m := range later {
		if m.before = l; m.text {
			w.ready = append(w.ready, m)
		}
	}
	if text {
		w.ready = append(w.ready, w.mark(true))
	}
	return nil
}

// mark is that of the present line. Its number costs a search: only lines that may be
// printed get one.
func (w *walk) mark(text bool) mark {
	m := mark{begin: w.begin, text: text}
	if text {
		m.seq = w.seq()
	}
	return m
}
