package level

import "bytes"

// headSize is how much of a line is looked at, in bytes.
const headSize = 512

// Of is the level of a line, None if it has none.
func Of(line []byte) Level {
	line = bytes.TrimRight(line, "\r\n")
	if len(line) == 0 {
		return None
	}
	if line[0] == '{' {
		if l, is := ofJSON(line); is {
			return l
		}
	}
	head := line[:min(len(line), headSize)]
	if bytes.IndexByte(head, esc) >= 0 {
		head = withoutColour(head)
	}
	if len(head) == 0 {
		return None
	}
	if l := ofPrefix(head); l != None {
		return l
	}
	if l := ofLogfmt(head); l != None {
		return l
	}
	return ofWords(head)
}

const esc = 0x1b

// withoutColour is a copy without SGR sequences (ECMA-48 8.3.117).
func withoutColour(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		i := bytes.Index(b, []byte{esc, '['})
		if i < 0 {
			return append(out, b...)
		}
		out = append(out, b[:i]...)
		b = b[i+2:]
		n := 0
		for n < len(b) && (b[n] >= '0' && b[n] <= '9' || b[n] == ';') {
			n++
		}
		b = b[min(n+1, len(b)):]
	}
	return out
}

// Continues reports that a line has the look of one that goes on with the one before,
// as those of a stack trace have.
func Continues(line []byte) bool {
	if len(line) == 0 {
		return false
	}
	if line[0] == ' ' || line[0] == '\t' {
		return len(bytes.TrimSpace(line)) > 0
	}
	return bytes.HasPrefix(line, []byte("Caused by: ")) || bytes.HasPrefix(line, []byte("goroutine "))
}
