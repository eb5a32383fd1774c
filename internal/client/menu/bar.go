package menu

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/client/tty"
)

// Item is a key with what it does.
type Item struct {
	Key  byte
	Text string
}

// Bar is the line. Its methods may be called by several goroutines.
type Bar struct {
	out    *os.File
	colour bool
	mode   *mode
	keys   chan byte
	filter filter // of what is typed
	// columns is the width of the terminal, 0 = it does not say.
	columns func() int

	mu    sync.Mutex
	items []Item
	// begun: the cursor is at the beginning of a row, but for the line.
	begun  bool
	drawn  int // width of the line that is on the screen, in characters; 0 = none
	awake  bool
	closed bool
	buf    []byte
}

// Open takes the terminal: in is read, out is written to. The caller must call Close.
func Open(in, out *os.File, colour bool, items ...Item) (*Bar, error) {
	b := &Bar{out: out, colour: colour, items: items, begun: true, keys: make(chan byte, 16)}
	b.columns = func() int { _, cols := tty.Size(out); return int(cols) }
	m, err := newMode(in)
	if err != nil {
		return nil, fmt.Errorf("the terminal's keys: %w", err)
	}
	b.mode = m
	go b.attend()
	return b, nil
}

// Keys are those that are typed.
func (b *Bar) Keys() <-chan byte { return b.keys }

// Set changes what the line says.
func (b *Bar) Set(items ...Item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items = items
	b.refresh()
}

// Write prints text above the line.
func (b *Bar) Write(text []byte) (int, error) {
	if len(text) == 0 {
		return 0, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buf = b.erase(b.buf[:0])
	b.buf = append(b.buf, text...)
	b.begun = text[len(text)-1] == '\n'
	b.buf = b.draw(b.buf)
	if _, err := b.out.Write(b.buf); err != nil {
		return 0, err
	}
	return len(text), nil
}

// refresh draws the line anew.
func (b *Bar) refresh() {
	b.buf = b.draw(b.erase(b.buf[:0]))
	if len(b.buf) > 0 {
		_, _ = b.out.Write(b.buf) // who prints a log line next sees it
	}
}

// erase takes the line away. When the terminal has become narrower it takes several rows.
func (b *Bar) erase(buf []byte) []byte {
	if b.drawn == 0 {
		return buf
	}
	cols := b.columns()
	if rows := (b.drawn - 1) / max(cols, 1); cols > 0 && rows > 0 {
		buf = fmt.Appendf(buf, "\x1b[%dA", rows)
	}
	b.drawn = 0
	return append(buf, "\r\x1b[J"...)
}

// draw adds the line, where it may be.
func (b *Bar) draw(buf []byte) []byte {
	if !b.begun || !b.awake || b.closed || len(b.items) == 0 {
		return buf
	}
	text, width := render(b.items, b.columns(), b.colour)
	b.drawn = width
	return append(append(buf, text...), '\r')
}

// render is the line, at most cols-1 characters wide: one more, and terminals would differ
// in where the cursor is.
func render(items []Item, cols int, colour bool) (text string, width int) {
	var out strings.Builder
	for i, item := range items {
		key, what := string(item.Key), item.Text
		need := len(key) + 1 + utf8.RuneCountInString(what)
		if i > 0 {
			need += 3
		}
		if cols > 0 && width+need > cols-1 {
			break
		}
		if i > 0 {
			out.WriteString("   ")
		}
		if colour {
			fmt.Fprintf(&out, "\x1b[1;7m%s\x1b[0m\x1b[2m %s\x1b[0m", key, what)
		} else {
			out.WriteString(key + " " + what)
		}
		width += need
	}
	return out.String(), width
}

// wake begins or ends to show the line.
func (b *Bar) wake(awake bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.awake == awake || b.closed {
		return
	}
	b.awake = awake
	b.refresh()
}

// Close gives the terminal back as it was found.
func (b *Bar) Close() {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return
	}
	b.closed = true
	b.refresh()
	b.mu.Unlock()
	b.mode.close()
}

// typed hands keys on. One that nobody takes is dropped.
func (b *Bar) typed(keys []byte) {
	for _, k := range keys {
		if !b.filter.key(k) {
			continue
		}
		select {
		case b.keys <- k:
		default:
		}
	}
}

// foreground reports that we may use the terminal (tcgetpgrp(3)).
func foreground(f *os.File) bool {
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	group := 0
	if raw.Control(func(fd uintptr) { group, err = unix.IoctlGetInt(int(fd), unix.TIOCGPGRP) }) != nil || err != nil {
		return false
	}
	return group == unix.Getpgrp()
}
