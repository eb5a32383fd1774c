package logs

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/logs/level"
)

// holdSize is how much of an unfinished line is held back, so that it can be
// printed in one piece. What is longer is printed as it comes.
const holdSize = 16 << 10

// stampLayout is docker's: always nine digits.
const stampLayout = "2006-01-02T15:04:05.000000000Z07:00"

// lineState is where a stream stands in its current line.
type lineState struct {
	source *source
	sink   *sink
	held   []byte // not printed yet, has no line feed
	wall   int64  // stamp of the last bytes
	seq    uint64 // and their number
	level  level.Level
	piece  verdict // on the line of which pieces have been printed
	at     uint64  // position behind the line that is being judged

	prefix []byte // for width
	width  int
	stamp  []byte // for stampOf
	stamps int64
}

// printer turns the bytes of streams into lines on the sinks.
type printer struct {
	format   Format
	out, err *sink
	failed   error // of Format.Each
}

// feed takes the next bytes of s, all of the same stamp.
func (p *printer) feed(s *streamReader, b []byte, c chunk) {
	l := &s.line
	l.wall, l.seq = c.wall, c.seq
	keep := l.source.keeps(c.wall)
	if p.picky(l) {
		p.pick(s, b, keep)
		return
	}
	if p.format.Raw {
		if keep {
			l.sink.buf = append(l.sink.buf, b...)
			l.sink.full()
		}
		return
	}
	if end := bytes.LastIndexByte(b, '\n') + 1; end > 0 {
		if keep {
			p.lines(s, b[:end])
		} else {
			p.drop(s)
		}
		b = b[end:]
	}
	if len(b) > 0 {
		p.hold(s, b, keep)
	}
}

// lines prints whole lines; b ends with a line feed.
func (p *printer) lines(s *streamReader, b []byte) {
	l := &s.line
	k := l.sink
	if len(l.held) > 0 {
		end := bytes.IndexByte(b, '\n') + 1
		l.held = append(l.held, b[:end]...)
		p.begin(s)
		p.text(k, l.held)
		k.owner, l.held = nil, l.held[:0]
		b = b[end:]
	}
	if !p.format.Prefix && !p.format.Timestamps && len(b) > 0 {
		p.begin(s)
		p.text(k, b)
		k.owner, b = nil, nil
	}
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n') + 1
		p.begin(s)
		p.text(k, b[:end])
		k.owner = nil
		b = b[end:]
		k.full()
	}
	k.full()
}

// hold keeps the beginning of a line, or passes it on when it gets long.
func (p *printer) hold(s *streamReader, b []byte, keep bool) {
	l := &s.line
	l.held = append(l.held, b...)
	if len(l.held) <= holdSize {
		return
	}
	cut := len(l.held) - cutRune(l.held)
	if l.held[len(l.held)-1] == '\r' {
		cut = len(l.held) - 1 // a line feed may follow
	}
	if keep {
		p.begin(s)
		p.text(l.sink, l.held[:cut])
		l.sink.full()
	}
	l.held = append(l.held[:0], l.held[cut:]...)
}

// drop forgets the current line, which lies outside of the wanted time.
func (p *printer) drop(s *streamReader) {
	s.line.held = s.line.held[:0]
	if s.line.sink.owner == s {
		s.line.sink.own(nil)
	}
}

// finish ends the stream's last line if it has no line feed.
func (p *printer) finish(s *streamReader) {
	l := &s.line
	switch {
	case len(l.held) == 0:
	case p.picky(l):
		p.judge(s, l.held, l.source.keeps(l.wall))
		l.piece = open
	case l.source.keeps(l.wall):
		p.begin(s)
		p.text(l.sink, l.held)
	}
	p.drop(s)
	l.held = nil
}

// say prints a line of our own.
func (p *printer) say(k *sink, text string) {
	k.own(nil)
	k.buf = append(append(k.buf, text...), '\n')
	k.full()
}

// sayAbout prints a line of our own about a stream.
func (p *printer) sayAbout(s *streamReader, text string) {
	k := p.err
	k.own(nil)
	if p.format.Prefix && !p.format.JSON {
		k.buf = append(k.buf, p.prefix(s)...)
	}
	k.buf = append(append(k.buf, text...), '\n')
}

func (p *printer) begin(s *streamReader) {
	k := s.line.sink
	if !k.own(s) {
		return
	}
	if p.format.Prefix {
		k.buf = append(k.buf, p.prefix(s)...)
	}
	if p.format.Timestamps {
		k.buf = append(k.buf, s.line.time()...)
	}
}

func (p *printer) text(k *sink, b []byte) {
	if p.format.Terminal {
		k.buf = appendSafe(k.buf, b)
	} else {
		k.buf = append(k.buf, b...)
	}
}

func (p *printer) prefix(s *streamReader) []byte {
	l := &s.line
	if l.prefix == nil || l.width != p.format.Width {
		l.width = p.format.Width
		text := fmt.Sprintf("%-*s  | ", l.width, l.source.shown())
		if p.format.Color {
			begin, end := Color(l.source.Service)
			text = begin + text + end
		}
		l.prefix = []byte(text)
	}
	return l.prefix
}

func (l *lineState) time() []byte {
	if l.stamp == nil || l.stamps != l.wall {
		l.stamps = l.wall
		l.stamp = time.Unix(0, l.wall).UTC().AppendFormat(l.stamp[:0], stampLayout)
		l.stamp = append(l.stamp, ' ')
	}
	return l.stamp
}

// shown is the container's name, without what a terminal would obey.
func (s *source) shown() string {
	return strings.ReplaceAll(string(appendSafe(nil, []byte(s.Container))), "\n", "")
}
