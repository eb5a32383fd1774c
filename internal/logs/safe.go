package logs

import (
	"encoding/binary"
	"unicode/utf8"
)

// plainByte has the bytes that a terminal may get as they are.
var plainByte = func() (t [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		t[c] = true
	}
	t['\t'], t['\n'] = true, true
	return t
}()

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// outside has the highest bit of some byte set if x has a byte outside of 0x20
// to 0x7e: that bit is in the byte itself, or comes by plus 1 or minus 0x20. (A
// carry or borrow into the next byte comes only from one that is outside.)
func outside(x uint64) uint64 { return x | (x + ones) | (x - 0x20*ones) }

// plainPrefix is how many bytes at the beginning of b a terminal may get as
// they are. It looks at 32 of them at a time, then at 8, then at each.
func plainPrefix(b []byte) int {
	n := 0
	for ; len(b)-n >= 32; n += 32 {
		w := b[n : n+32 : n+32]
		x := outside(binary.LittleEndian.Uint64(w)) | outside(binary.LittleEndian.Uint64(w[8:])) |
			outside(binary.LittleEndian.Uint64(w[16:])) | outside(binary.LittleEndian.Uint64(w[24:]))
		if x&highs != 0 {
			break
		}
	}
	for n < len(b) {
		if len(b)-n >= 8 && outside(binary.LittleEndian.Uint64(b[n:]))&highs == 0 {
			n += 8
			continue
		}
		for end := min(n+8, len(b)); n < end; n++ {
			if !plainByte[b[n]] {
				return n
			}
		}
	}
	return n
}

const hexDigits = "0123456789abcdef"

// appendSafe appends b so that a terminal shows it and does not obey it:
// control bytes as ^X, C1 controls and the controls of writing direction
// as <U+XXXX>, bytes that are no UTF-8 as \xXX. A carriage return before a line
// feed is left out. Line feeds and tabs stay.
func appendSafe(out, b []byte) []byte {
	for len(b) > 0 {
		n := plainPrefix(b)
		out = append(out, b[:n]...)
		if b = b[n:]; len(b) == 0 {
			break
		}
		c := b[0]
		if c < utf8.RuneSelf {
			if c != '\r' || len(b) == 1 || b[1] != '\n' {
				out = append(out, '^', c^0x40)
			}
			b = b[1:]
			continue
		}
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size == 1:
			out = append(out, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
		case steersTerminal(r):
			out = append(out, "<U+"...)
			for shift := 12; shift >= 0; shift -= 4 {
				out = append(out, "0123456789ABCDEF"[r>>shift&15])
			}
			out = append(out, '>')
		default:
			out = append(out, b[:size]...)
		}
		b = b[size:]
	}
	return out
}

// steersTerminal: C1 controls (ISO 6429), line and paragraph separators, and
// the bidirectional controls that make a text look like another.
func steersTerminal(r rune) bool {
	return (r >= 0x80 && r < 0xa0) || r == 0x61c || (r >= 0x200e && r <= 0x200f) ||
		(r >= 0x2028 && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069)
}

// cutRune returns how many bytes at the end of b are the beginning of a
// character that is not complete.
func cutRune(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		c := b[len(b)-n]
		if c < utf8.RuneSelf {
			return 0
		}
		if utf8.RuneStart(c) {
			if utf8.FullRune(b[len(b)-n:]) {
				return 0
			}
			return n
		}
	}
	return 0
}
