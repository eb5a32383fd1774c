package logs

import (
	"encoding/base64"
	"strconv"
	"unicode/utf8"
)

// appendJSON appends a line as an object. Its keys, in this order:
//
//	time       of arrival, RFC 3339 with nanoseconds, UTC
//	sequence   order of arrival in the project; what arrived together shares it, and is of
//	           one stream
//	position   bytes of the stream up to the end of the line: the order of lines that
//	           share a sequence, and the same however often the line is read
//	service    name in the compose file
//	container  the container's name
//	stream     stdout or stderr
//	level      trace, debug, info, notice, warn, error or fatal; left out if it has none
//	line       the text without its line feed; what is no UTF-8 is U+FFFD in it
//	bytes      base64 of the text as it was written; only if it is no UTF-8
//	partial    true: the line is longer than a mebibyte, and goes on in the next object
//	           of the same stream; else left out
func appendJSON(b []byte, line *Line, l *lineState) []byte {
	b = append(b, `{"time":"`...)
	stamp := l.time()
	b = append(b, stamp[:len(stamp)-1]...) // it ends with a space
	b = append(b, `","sequence":`...)
	b = strconv.AppendUint(b, line.Sequence, 10)
	b = append(b, `,"position":`...)
	b = strconv.AppendUint(b, line.Position, 10)
	b = append(b, `,"service":`...)
	b = appendText(b, []byte(line.Source.Service))
	b = append(b, `,"container":`...)
	b = appendText(b, []byte(line.Source.Name))
	b = append(append(append(b, `,"stream":"`...), line.Stream...), '"')
	if lv := l.level.String(); lv != "" {
		b = append(append(append(b, `,"level":"`...), lv...), '"')
	}
	b = append(b, `,"line":`...)
	b = appendText(b, line.Text)
	if !utf8.Valid(line.Text) {
		b = append(b, `,"bytes":"`...)
		b = base64.StdEncoding.AppendEncode(b, line.Text)
		b = append(b, '"')
	}
	if line.Partial {
		b = append(b, `,"partial":true`...)
	}
	return append(b, '}', '\n')
}

// appendText appends a JSON string (RFC 8259). What steers a terminal, which may be who
// reads it, is escaped too, and so are U+2028 and U+2029, which break some readers.
func appendText(b, text []byte) []byte {
	b = append(b, '"')
	for len(text) > 0 {
		n := 0
		for n < len(text) && text[n] >= ' ' && text[n] < 0x7f && text[n] != '"' && text[n] != '\\' {
			n++
		}
		b = append(b, text[:n]...)
		if text = text[n:]; len(text) == 0 {
			break
		}
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\t':
			b = append(b, '\\', 't')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\n':
			b = append(b, '\\', 'n')
		case r < ' ' || r == 0x7f || steersTerminal(r):
			b = append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
		text = text[size:]
	}
	return append(b, '"')
}
