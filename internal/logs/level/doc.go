// Package level finds the level of a log line in the formats that programs commonly
// write.
//
// # Order
//
// The first of these that the beginning of the line is decides; it is never guessed
// from the message's words further on:
//
//	<3>text, <34>1 text        syslog, sd-daemon(3)                     prefix.go
//	E0102 15:04:05.000000      klog, glog                               prefix.go
//	E, [2026-01-02T…] ERROR    Ruby                                     prefix.go
//	1:M 02 Jan … # text        Redis                                    prefix.go
//	{"level":"warn",…}         JSON: a top-level field level, lvl,
//	                           severity, loglevel, log.level, levelname,
//	                           severity_text, @l, or s (MongoDB);
//	                           words, or numbers of pino or syslog      json.go
//	level=warn, lvl=, severity= logfmt, anywhere in the head             logfmt.go
//	ERROR, [warn], warn:, WRN  a word of the head: in capitals, in
//	                           brackets, or before a colon              words.go
//	Traceback, panic:, Exception in thread                              words.go
//
// The head is the first headSize bytes. Escape sequences for colours (SGR) count for
// nothing.
//
// # Continued lines
//
// A stack trace has no level of its own. [Continues] tells such lines by their
// beginning: who filters gives them the level of the line before.
package level
