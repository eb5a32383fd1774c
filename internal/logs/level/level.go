package level

import "strings"

// Level is how much a line wants to be noticed.
type Level uint8

// The levels, from none to the most.
const (
	None Level = iota
	Trace
	Debug
	Info
	Notice
	Warn
	Error
	Fatal
)

var names = [...]string{"", "trace", "debug", "info", "notice", "warn", "error", "fatal"}

// String is the level's name, "" for None.
func (l Level) String() string {
	if int(l) < len(names) {
		return names[l]
	}
	return ""
}

// Names are the levels that can be asked for, the least first.
func Names() []string { return names[1:] }

// known is the level that a word in lower case names. A switch: a map of this size
// would be filled at every start of the program.
func known(w string) Level {
	switch w {
	case "trace", "trce", "trc", "verbose", "vrb", "finest", "finer", "silly":
		return Trace
	case "debug", "dbug", "dbg", "deb", "fine", "config", "debug1", "debug2", "debug3", "debug4", "debug5":
		return Debug
	case "info", "inf", "information", "informational", "log", "system":
		return Info
	case "notice", "note", "success":
		return Notice
	case "warn", "warning", "wrn":
		return Warn
	case "error", "err", "err!", "eror", "fail", "failure", "severe":
		return Error
	case "fatal", "ftl", "fatl", "crit", "critical", "panic", "alert", "emerg", "emergency", "dpanic":
		return Fatal
	}
	return None
}

// longest is the length of the longest word.
const longest = 13

// Parse reads a level as a user names it, or a number of syslog (0 to 7).
func Parse(s string) (Level, bool) {
	s = strings.ToLower(s)
	if len(s) == 1 && s[0] >= '0' && s[0] <= '7' {
		return ofSyslog(int(s[0] - '0')), true
	}
	l := known(s)
	return l, l != None
}

// word is the level of a word, None for any other.
func word(b []byte) Level {
	if len(b) < 3 || len(b) > longest {
		return None
	}
	var low [longest]byte
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		low[i] = c
	}
	return known(string(low[:len(b)]))
}

// ofSyslog is the level of a severity of RFC 5424.
func ofSyslog(n int) Level {
	return [...]Level{Fatal, Fatal, Fatal, Error, Warn, Notice, Info, Debug}[n&7]
}

// ofNumber is the level of a number in a field: those of bunyan and pino (10 to 60),
// and of syslog, which GELF has too.
func ofNumber(n int) Level {
	switch {
	case n < 0 || n > 100:
		return None
	case n < 8:
		return ofSyslog(n)
	case n < 20:
		return Trace
	case n < 30:
		return Debug
	case n < 40:
		return Info
	case n < 50:
		return Warn
	case n < 60:
		return Error
	}
	return Fatal
}
