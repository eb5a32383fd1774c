package cgroup

import (
	"bytes"
	"strconv"
	"time"
)

// number is the number that b begins with, 0 if there is none.
func number(b []byte) uint64 {
	var n uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + uint64(c-'0')
	}
	return n
}

// field is the number beside a key of a flat keyed file.
func field(b []byte, key string) uint64 {
	for len(b) > 0 {
		var line []byte
		line, b = cut(b, '\n')
		if len(line) > len(key) && line[len(key)] == ' ' && string(line[:len(key)]) == key {
			return number(line[len(key)+1:])
		}
	}
	return 0
}

// cut splits at the first separator, and takes everything if there is none.
func cut(b []byte, sep byte) (before, after []byte) {
	if i := bytes.IndexByte(b, sep); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

func micro(n uint64) time.Duration { return time.Duration(n) * time.Microsecond }

func parseCPU(b []byte) CPUSample {
	var s CPUSample
	for len(b) > 0 {
		var line []byte
		line, b = cut(b, '\n')
		key, value := cut(line, ' ')
		switch string(key) {
		case "usage_usec":
			s.Usage = micro(number(value))
		case "user_usec":
			s.User = micro(number(value))
		case "system_usec":
			s.System = micro(number(value))
		case "throttled_usec":
			s.Throttled = micro(number(value))
		case "nr_periods":
			s.Periods = number(value)
		case "nr_throttled":
			s.ThrottledN = number(value)
		}
	}
	return s
}

// parseIO adds up lines like "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6".
func parseIO(b []byte) *IOSample {
	s := &IOSample{}
	for len(b) > 0 {
		var line []byte
		line, b = cut(b, '\n')
		for len(line) > 0 {
			var word []byte
			word, line = cut(line, ' ')
			key, value := cut(word, '=')
			switch string(key) {
			case "rbytes":
				s.ReadBytes += number(value)
			case "wbytes":
				s.WriteBytes += number(value)
			case "rios":
				s.Reads += number(value)
			case "wios":
				s.Writes += number(value)
			}
		}
	}
	return s
}

// parsePressure reads lines like "some avg10=0.00 avg60=0.00 avg300=0.00 total=0";
// cpu.pressure has had a line of full since Linux 5.13.
func parsePressure(b []byte) *Pressure {
	p := &Pressure{}
	for len(b) > 0 {
		var line []byte
		line, b = cut(b, '\n')
		kind, rest := cut(line, ' ')
		to := &p.Some
		if string(kind) == "full" {
			to = &p.Full
		}
		for len(rest) > 0 {
			var word []byte
			word, rest = cut(rest, ' ')
			key, value := cut(word, '=')
			switch string(key) {
			case "avg10":
				to.Avg10 = percent(value)
			case "avg60":
				to.Avg60 = percent(value)
			case "avg300":
				to.Avg300 = percent(value)
			case "total":
				to.Total = micro(number(value))
			}
		}
	}
	return p
}

func percent(b []byte) float64 {
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return 0
	}
	return f
}
