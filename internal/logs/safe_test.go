package logs

import (
	"bytes"
	"testing"
)

// Every byte at every place, with others like it before and behind.
func TestPlainPrefix(t *testing.T) {
	for c := range 256 {
		for _, around := range []byte{' ', '~', '\t', 0x7f, 0x00, 0xff} {
			for at := range 72 {
				b := bytes.Repeat([]byte{'~'}, 72)
				b[max(at-1, 0)], b[min(at+1, 71)] = around, around
				b[at] = byte(c)
				want := 0
				for want < len(b) && plainByte[b[want]] {
					want++
				}
				if got := plainPrefix(b); got != want {
					t.Fatalf("byte %#x at %d between two %#x: %d plain bytes, wanted %d", c, at, around, got, want)
				}
			}
		}
	}
}
