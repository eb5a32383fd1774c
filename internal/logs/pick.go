package logs

import (
	"bytes"
	"fmt"
	"time"
)

// holdMost is how much of a line is collected before it is judged: a longer one is
// judged by its beginning, and goes on in pieces. Memory of a reader stays below that
// for each stream.
const holdMost = 1 << 20

// verdict is what becomes of the line of which the beginning was judged.
type verdict int

const (
	open verdict = iota // no piece of it has been judged
	wanted
	unwanted
)

// picky reports that lines have to be looked at one by one, and as a whole.
func (p *printer) picky(l *lineState) bool {
	return l.source.query.Filter != nil || p.format.JSON || p.format.Each != nil
}

// pick takes the next bytes of s, all of the same stamp.
func (p *printer) pick(s *streamReader, b []byte, keep bool) {
	l := &s.line
	filter := l.source.query.Filter
	at := s.pos - uint64(len(b)) // behind what is done
	defer func() { l.at = s.pos }()
	for len(b) > 0 {
		if len(l.held) == 0 && l.piece == open {
			n := filter.Skip(b)
			b, at = b[n:], at+uint64(n)
		}
		end := bytes.IndexByte(b, '\n') + 1
		if end == 0 {
			break
		}
		at += uint64(end)
		l.at = at
		line := b[:end]
		if len(l.held) > 0 {
			l.held = append(l.held, line...)
			line = l.held
		}
		p.judge(s, line, keep)
		l.held, b = l.held[:0], b[end:]
	}
	if l.held = append(l.held, b...); len(l.held) > holdMost {
		cut := len(l.held) - cutRune(l.held)
		l.at = s.pos - uint64(len(l.held)-cut)
		p.judge(s, l.held[:cut], keep)
		l.held = append(l.held[:0], l.held[cut:]...)
	}
}

// judge prints a line, or a piece of one, if it is wanted.
func (p *printer) judge(s *streamReader, line []byte, keep bool) {
	l := &s.line
	if len(line) == 0 {
		return
	}
	if l.piece == open {
		l.piece = unwanted
		if p.wants(l, line) && keep {
			l.piece = wanted
		}
	}
	if l.piece == wanted {
		p.emit(s, line)
	}
	if line[len(line)-1] == '\n' {
		l.piece = open
	}
}

// wants asks the filter, and keeps the level for the lines that continue this one.
func (p *printer) wants(l *lineState, line []byte) bool {
	f := l.source.query.Filter
	if f.ByLevel() || p.format.JSON {
		l.level = f.Level(line, l.level)
	}
	return f.WantsText(line) && f.WantsLevel(l.level)
}

func (p *printer) emit(s *streamReader, line []byte) {
	l := &s.line
	k := l.sink
	switch {
	case p.format.Each != nil:
		p.each(s, line)
		return
	case p.format.JSON:
		k.buf = appendJSON(k.buf, p.line(s, line), l)
	case p.format.Raw:
		k.buf = append(k.buf, line...)
	default:
		p.begin(s)
		p.marked(k, line, l)
		if line[len(line)-1] == '\n' {
			k.owner = nil
		}
	}
	k.full()
}

// each hands a line on.
func (p *printer) each(s *streamReader, line []byte) {
	if p.failed == nil {
		if err := p.format.Each(p.line(s, line)); err != nil {
			p.failed = fmt.Errorf("pass on log lines: %w", err)
		}
	}
}

func (p *printer) line(s *streamReader, line []byte) *Line {
	l := &s.line
	text, whole := bytes.CutSuffix(line, []byte("\n"))
	return &Line{
		Source: &l.source.Source, Stream: s.name, Sequence: l.seq, Time: time.Unix(0, l.wall).UTC(),
		Text: text, Partial: !whole && len(line) > holdMost-4, Position: l.at,
	}
}

// How a match is shown: bold and red (ECMA-48 8.3.117), as grep does.
const (
	markBegin = "\x1b[1;31m"
	markEnd   = "\x1b[0m"
)

// marked prints a line with what the patterns match in colour.
func (p *printer) marked(k *sink, line []byte, l *lineState) {
	if p.format.Highlight {
		at := 0
		for _, span := range l.source.query.Filter.Spans(bytes.TrimSuffix(line, []byte("\n"))) {
			p.text(k, line[at:span[0]])
			k.buf = append(k.buf, markBegin...)
			p.text(k, line[span[0]:span[1]])
			k.buf = append(k.buf, markEnd...)
			at = span[1]
		}
		line = line[at:]
	}
	p.text(k, line)
}
