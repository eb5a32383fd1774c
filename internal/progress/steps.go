package progress

import (
	"fmt"
	"slices"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// outputLines is how many of its last lines are shown of a step that runs.
const outputLines = 6

// steps is a build on a terminal.
type steps struct {
	image        string
	began, ended time.Time
	failed       bool
	list         []*step
}

type step struct {
	name   string
	kind   build.EventKind
	began  time.Time
	took   time.Duration
	out    lines
	output []string // its last lines
}

func (s *steps) on(name string, e *build.Event, now time.Time) {
	i := slices.IndexFunc(s.list, func(o *step) bool { return o.name == name })
	if i < 0 {
		i = len(s.list)
		s.list = append(s.list, &step{name: name, began: now})
	}
	st := s.list[i]
	if e.Kind == build.Output {
		st.output = append(st.output, st.out.add(e.Output)...)
		st.output = st.output[max(0, len(st.output)-outputLines):]
		return
	}
	st.output = append(st.output, st.out.rest()...)
	st.kind = e.Kind
	if e.Kind != build.Started {
		if st.took = e.Took; st.took == 0 {
			st.took = now.Sub(st.began)
		}
	}
}

func (st *step) over() bool { return st.kind != build.Started && st.kind != "" }

// render makes its lines, at most room if that is not 0: the header, then what comes
// last.
func (s *steps) render(v *view, room int) []string {
	done := 0
	var body []string
	for _, st := range s.list {
		if st.over() {
			done++
		}
		body = append(body, st.line(v))
		if st.kind != build.Done && st.kind != build.Cached && (s.ended.IsZero() || st.kind == build.Failed) {
			for _, o := range st.output {
				body = append(body, cut(" => => # "+o, v.cols))
			}
		}
	}
	if room > 0 && len(body) > room-1 {
		body = body[len(body)-(room-1):]
	}
	end, state := v.now, ""
	if !s.ended.IsZero() {
		end, state = s.ended, " FINISHED"
		if s.failed {
			state = " ERROR"
		}
	}
	head := fmt.Sprintf("[+] Building %s %s (%d/%d)%s", clean(s.image), seconds(end.Sub(s.began)), done, len(s.list), state)
	return append([]string{cut(head, v.cols)}, body...)
}

func (st *step) line(v *view) string {
	mark, status := " => ", Working
	took := st.took
	switch st.kind {
	case build.Cached:
		mark, status = " => CACHED ", Done
	case build.Canceled:
		mark, status = " => CANCELED ", Warning
	case build.Failed:
		mark, status = " => ERROR ", Error
	case build.Done:
		status = Done
	default:
		took = v.now.Sub(st.began)
	}
	timer := seconds(took)
	room := v.cols - columns(timer) - 2
	text := pad(cut(mark+st.name, room), room)
	if v.marks.colour {
		text = v.marks.paint(status, text)
	}
	return text + "  " + timer
}
