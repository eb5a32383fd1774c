package logs

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// layouts of times without a zone, which are local ones; as docker has them.
var layouts = []string{
	"2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02T15",
	"2006-01-02", "2006-01-02 15:04:05.999999999",
}

// ParseTime reads the value of --since and --until: RFC 3339, also cut short
// or without a zone (then local), seconds since 1970 with an optional fraction,
// or a duration before now ("10m", "1h30m").
func ParseTime(s string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(s); err == nil && strings.ContainsAny(s, "nuµmsh") {
		return now.Add(-d), nil
	}
	if t, ok := parseUnix(s); ok {
		return t, nil
	}
	for _, zoned := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02Z07:00"} {
		if t, err := time.Parse(zoned, s); err == nil {
			return t, nil
		}
	}
	for _, l := range layouts {
		if t, err := time.ParseInLocation(l, s, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time: write 2026-01-02T15:04:05Z, 1767366245, or 10m for ten minutes ago", s)
}

func parseUnix(s string) (time.Time, bool) {
	whole, fraction, dotted := strings.Cut(s, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || (dotted && (fraction == "" || len(fraction) > 9)) {
		return time.Time{}, false
	}
	nsec, err := strconv.ParseUint("0"+fraction+strings.Repeat("0", 9-len(fraction)), 10, 32)
	if err != nil {
		return time.Time{}, false
	}
	return time.Unix(sec, int64(nsec)), true
}
