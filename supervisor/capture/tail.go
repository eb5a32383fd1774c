package capture

import (
	"bytes"
	"strings"
)

// How much of what a command said is told when it failed: as much as docker compose
// tells of a hook.
const (
	tailLines = 10
	tailBytes = 2048
)

// Tail keeps the last lines that are written to it. It is not safe for use by several
// goroutines.
type Tail struct {
	lines   []string
	partial []byte
}

// Write implements io.Writer; it never fails.
func (t *Tail) Write(p []byte) (int, error) {
	n := len(p)
	for {
		line, rest, whole := bytes.Cut(p, []byte{'\n'})
		t.partial = append(t.partial, line[:min(len(line), tailBytes-min(tailBytes, len(t.partial)))]...)
		if !whole {
			return n, nil
		}
		t.end()
		p = rest
	}
}

// end moves the line that is complete to the others. Of what a progress bar has
// written over, the last is kept.
func (t *Tail) end() {
	line := strings.TrimRight(string(t.partial), "\r")
	t.partial = t.partial[:0]
	if i := strings.LastIndexByte(line, '\r'); i >= 0 {
		line = line[i+1:]
	}
	if strings.TrimSpace(line) == "" {
		return
	}
	t.lines = append(t.lines, strings.ToValidUTF8(line, ""))
	if len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

// String is what was kept, without white space around it.
func (t *Tail) String() string {
	lines := t.lines
	if rest := strings.ToValidUTF8(string(t.partial), ""); strings.TrimSpace(rest) != "" {
		lines = append(lines[:len(lines):len(lines)], rest)
	}
	text := strings.TrimSpace(strings.Join(lines, "\n"))
	if len(text) > tailBytes {
		text = strings.ToValidUTF8(text[len(text)-tailBytes:], "")
	}
	return text
}
