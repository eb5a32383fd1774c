package hazard

import (
	"bytes"
	"fmt"
	"strings"
)

// headers contradict each other, or lie. Those that the reader of archives may
// understand in one way or another must do no harm in either.
func headers(w where) []Archive {
	file := raw('0', "f", "", evil)
	return []Archive{
		{Name: "pax path leads out", Refused: true, Escapes: true, Raw: archive(pax('x', "path", w.up+"/new"), file)},
		{Name: "pax path is absolute", Raw: archive(pax('x', "path", w.abs+"/new"), file)},
		{Name: "pax path with a zero byte", Refused: true, Raw: archive(pax('x', "path", "f\x00/../.."), file)},
		{Name: "pax path is empty", Raw: archive(pax('x', "path", ""), file)},
		{Name: "pax path twice", Refused: true, Escapes: true, Raw: archive(pax('x', "path", "f", "path", w.up+"/new"), file)},
		{Name: "pax linkpath of a link", Escapes: true, Raw: archive(pax('x', "linkpath", w.abs), raw('2', "l", "harmless", nil), raw('0', "l/new", "", evil))},
		{Name: "pax linkpath of a hard link", Refused: true, Escapes: true, Raw: archive(pax('x', "linkpath", w.up+"/keep"), raw('1', "h", "f", nil))},
		{Name: "pax path for all that follows", Raw: archive(pax('g', "path", w.up+"/new"), file, raw('0', "g", "", evil))},
		{Name: "pax linkpath for all that follows", Raw: archive(pax('g', "linkpath", w.abs), raw('2', "l", "x", nil))},
		{Name: "pax size says less", Refused: true, Raw: archive(pax('x', "size", "1"), raw('0', "f", "", bytes.Repeat([]byte("evil"), 500)))},
		{Name: "pax size says more", Refused: true, Raw: archive(pax('x', "size", "99999"), file)},
		{Name: "pax size is negative", Refused: true, Raw: archive(pax('x', "size", "-1"), file)},
		{Name: "pax size is 8 EiB", Refused: true, Raw: archive(pax('x', "size", "9223372036854775807"), file)},
		{Name: "pax size is no number", Refused: true, Raw: archive(pax('x', "size", "1e3"), file)},
		{Name: "pax uid is no number", Refused: true, Raw: archive(pax('x', "uid", "root"), file)},
		{Name: "pax time is no number", Refused: true, Raw: archive(pax('x', "mtime", "NaN"), file)},
		{Name: "pax time with a long fraction", Raw: archive(pax('x', "mtime", "1."+strings.Repeat("9", 1000)), file)},
		{Name: "pax record with a false length", Refused: true, Raw: archive(raw('x', "x", "", []byte("99 path=f\n")), file)},
		{Name: "pax record without end", Refused: true, Raw: archive(raw('x', "x", "", []byte("9 path=ff")), file)},
		{Name: "pax header of nothing", Raw: archive(file, pax('x', "path", w.up+"/new"))},
		{Name: "pax header twice", Raw: archive(pax('x', "path", w.up+"/new"), pax('x', "mtime", "1"), file)},
		{Name: "GNU long name leads out", Refused: true, Escapes: true, Raw: archive(long('L', strings.Repeat("./", 100)+w.up+"/new"), file)},
		{Name: "GNU long target leads out", Escapes: true, Raw: archive(long('K', w.abs), raw('2', "l", "x", nil), raw('0', "l/new", "", evil))},
		{Name: "GNU long name and pax path", Raw: archive(long('L', "f"), pax('x', "path", w.up+"/new"), file)},
		{Name: "GNU long name with a zero byte", Raw: archive(long('L', "f\x00"+w.up+"/new"), file)},
		{Name: "name of 4095 bytes", Raw: archive(long('L', longName(4095)), file)},
		{Name: "name of 4096 bytes", Refused: true, Raw: archive(long('L', longName(4096)), file)},
		{Name: "name of a megabyte", Refused: true, Raw: archive(long('L', longName(1<<20)), file)},
		{Name: "prefix leads out", Refused: true, Escapes: true, Raw: archive(raw('0', "new", "", evil, func(h []byte) { copy(h[345:500], w.up) }))},
		{Name: "slash as a file", Refused: true, Escapes: true, Raw: archive(raw('0', "/", "", nil))},
		{Name: "name without an end", Raw: archive(raw('0', strings.Repeat("n", 100), "", evil))},
		{Name: "name with a zero byte", Raw: archive(raw('0', "f\x00/../../../canary/new", "", evil))},
		{Name: "file whose name ends in a slash", Escapes: true, Raw: archive(raw('2', "l", w.abs, nil), raw('0', "l/", "", nil, func(h []byte) { copy(h[100:], "0000777\x00") }))},
		{Name: "link with a size", Raw: archive(raw('2', "l", "x", nil, func(h []byte) { copy(h[124:], "00000001000\x00") }), file)},
		{Name: "directory with a content", Refused: true, Raw: archive(raw('5', "d", "", evil))},
		{Name: "size in base 256, 8 EiB", Refused: true, Raw: archive(raw('0', "f", "", evil, number(0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)))},
		{Name: "size in base 256, negative", Refused: true, Raw: archive(raw('0', "f", "", evil, func(h []byte) { copy(h[124:136], bytes.Repeat([]byte{0xff}, 12)) }))},
		{Name: "false checksum", Refused: true, Raw: archive(spoil(raw('0', "f", "", evil)))},
		{Name: "cut in the content", Refused: true, Raw: raw('0', "f", "", evil)[:514]},
		{Name: "second archive behind the first", Raw: append(archive(file), archive(raw('0', w.up+"/new", "", evil))...)},
		{Name: "sparse map that overlaps", Refused: true, Raw: archive(sparsePAX("4", "2\n0\n4\n2\n4\n"))},
		{Name: "sparse map that is negative", Refused: true, Raw: archive(sparsePAX("4", "1\n-4\n4\n"))},
		{Name: "sparse map beyond the size", Refused: true, Raw: archive(sparsePAX("4", "1\n9223372036854775800\n4\n"))},
		{Name: "sparse map that promises a million parts", Refused: true, Raw: archive(sparsePAX("4", "1000000\n0\n1\n"))},
		{Name: "sparse file of 8 EiB", Refused: true, Raw: archive(sparsePAX("9223372036854775807", "1\n0\n4\n"))},
		{Name: "sparse file whose name leads out", Refused: true, Escapes: true, Raw: archive(sparseNamed(w.up+"/new", "4", "1\n0\n4\n"))},
	}
}

func longName(n int) string {
	s := strings.Repeat(strings.Repeat("n", 200)+"/", n/201+1)[:n]
	return strings.TrimSuffix(s, "/") + strings.Repeat("x", n-len(strings.TrimSuffix(s, "/")))
}

func spoil(b []byte) []byte { b[10] = 'x'; return b }

func sparsePAX(size, parts string) []byte { return sparseNamed("f", size, parts) }

// sparseNamed is a file with a map in front of its content (GNU tar, "PAX format
// version 1.0").
func sparseNamed(name, size, parts string) []byte {
	parts += strings.Repeat("\x00", -len(parts)&511)
	return append(pax('x', "GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.name", name, "GNU.sparse.realsize", size),
		raw('0', "GNUSparseFile.0/f", "", []byte(parts+"evil"))...)
}

// Sparse is an archive (old GNU format) of a file "disk" of size bytes, all hole
// but for the last 512, which are "x".
func Sparse(size int64) []byte {
	return archive(raw('S', "disk", "", bytes.Repeat([]byte("x"), 512), func(h []byte) {
		copy(h[257:], "ustar  \x00")
		copy(h[386:], fmt.Sprintf("%011o\x00%011o\x00", size-512, 512))
		copy(h[483:], fmt.Sprintf("%011o\x00", size))
	}))
}
