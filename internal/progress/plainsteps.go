package progress

import (
	"fmt"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// plainSteps writes the steps of builds as BuildKit's plain progress does: each has a
// number, and its lines begin with it. Where another step has its say in between, the
// first one's name is repeated.
type plainSteps struct {
	known   map[string]*plainStep // by name; one that comes again is another one
	count   int
	current *plainStep
}

type plainStep struct {
	number int
	name   string
	began  time.Time
	over   bool
	out    lines
}

// on is the text for an event.
func (p *plainSteps) on(name string, e *build.Event, now time.Time) string {
	if p.known == nil {
		p.known = map[string]*plainStep{}
	}
	s := p.known[name]
	if s == nil || s.over && e.Kind == build.Started { // built once more
		p.count++
		s = &plainStep{number: p.count, name: name, began: now}
		p.known[name] = s
	}
	var b strings.Builder
	p.turn(&b, s)
	switch e.Kind {
	case build.Output:
		for _, line := range s.out.add(e.Output) {
			s.say(&b, line, now)
		}
		return b.String()
	case build.Started:
		return b.String()
	}
	for _, line := range s.out.rest() {
		s.say(&b, line, now)
	}
	switch e.Kind {
	case build.Cached:
		fmt.Fprintf(&b, "#%d CACHED\n", s.number)
	case build.Done:
		fmt.Fprintf(&b, "#%d DONE %s\n", s.number, seconds(e.Took))
	case build.Canceled:
		fmt.Fprintf(&b, "#%d CANCELED\n", s.number)
	case build.Failed:
		fmt.Fprintf(&b, "#%d ERROR: %s\n", s.number, errorLine(e.Err))
	}
	s.over, p.current = true, nil
	b.WriteString("\n")
	return b.String()
}

func (s *plainStep) say(b *strings.Builder, line string, now time.Time) {
	fmt.Fprintf(b, "#%d %s %s\n", s.number, since(s.began, now), line)
}

// turn makes s the one whose lines follow.
func (p *plainSteps) turn(b *strings.Builder, s *plainStep) {
	if p.current == s {
		return
	}
	b.WriteString(p.rest())
	fmt.Fprintf(b, "#%d %s\n", s.number, s.name)
	p.current = s
}

// rest leaves the current step.
func (p *plainSteps) rest() string {
	if p.current == nil {
		return ""
	}
	text := fmt.Sprintf("#%d ...\n\n", p.current.number)
	p.current = nil
	return text
}

func errorLine(err error) string {
	if err == nil {
		return "failed"
	}
	return clean(firstLine(err.Error()))
}
