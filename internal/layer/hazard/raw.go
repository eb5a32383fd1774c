package hazard

import (
	"bytes"
	"fmt"
	"strconv"
)

// raw is a header block with its content, by hand (POSIX.1-2017, pax, "ustar
// Interchange Format"). change may spoil it before the checksum is made.
func raw(kind byte, name, link string, content []byte, change ...func(h []byte)) []byte {
	h := make([]byte, 512)
	copy(h[0:100], name)
	copy(h[100:], "0000755\x000000000\x000000000\x00")
	copy(h[124:], fmt.Sprintf("%011o\x00", len(content)))
	copy(h[136:], fmt.Sprintf("%011o\x00", 0))
	h[156] = kind
	copy(h[157:257], link)
	copy(h[257:], "ustar\x0000")
	for _, c := range change {
		c(h)
	}
	copy(h[148:], "        ")
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	h = append(h, content...)
	return append(h, make([]byte, -len(content)&511)...)
}

// archive ends as archives do.
func archive(blocks ...[]byte) []byte {
	return append(bytes.Join(blocks, nil), make([]byte, 1024)...)
}

// pax is an extended header for the next entry, kind x, or for all, kind g.
// records are key and value in turn.
func pax(kind byte, records ...string) []byte {
	var b []byte
	for i := 0; i+1 < len(records); i += 2 {
		b = append(b, paxRecord(records[i], records[i+1])...)
	}
	return raw(kind, "PaxHeaders/x", "", b)
}

// paxRecord is "LENGTH KEY=VALUE\n", the length being its own too.
func paxRecord(key, value string) string {
	n := len(key) + len(value) + 3
	for len(strconv.Itoa(n))+len(key)+len(value)+3 != n {
		n++
	}
	return strconv.Itoa(n) + " " + key + "=" + value + "\n"
}

// long is the name (L) or the target (K) of the next entry, as GNU tar writes it.
func long(kind byte, text string) []byte {
	return raw(kind, "././@LongLink", "", []byte(text+"\x00"))
}

var evil = []byte("evil")

// number puts a size in base 256 into a header.
func number(bytes ...byte) func(h []byte) {
	return func(h []byte) {
		clear(h[124:136])
		h[124] = 0x80
		copy(h[136-len(bytes):136], bytes)
	}
}
