package level

import "bytes"

// logfmtKeys are the keys that have a level, with their equals sign.
var logfmtKeys = [...]string{"level=", "lvl=", "severity=", "loglevel=", "levelname="}

// ofLogfmt reads level=WORD or level="WORD", as a word of its own.
func ofLogfmt(b []byte) Level {
	if bytes.IndexByte(b, '=') < 0 {
		return None
	}
	for _, key := range logfmtKeys {
		for rest := b; ; {
			i := bytes.Index(rest, []byte(key))
			if i < 0 {
				break
			}
			at := len(b) - len(rest) + i
			rest = rest[i+len(key):]
			if at > 0 && wordByte(b[at-1]) {
				continue
			}
			v := bytes.TrimLeft(rest, `"'`)
			n := 0
			for n < len(v) && wordByte(v[n]) {
				n++
			}
			if l := word(v[:n]); l != None {
				return l
			}
		}
	}
	return None
}

// wordByte: a letter, a digit, or what joins words to one.
func wordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || digit(c) || c == '_' || c >= 0x80
}
