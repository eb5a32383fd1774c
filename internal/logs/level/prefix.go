package level

import "bytes"

// ofPrefix reads the formats that have the level in their first bytes.
func ofPrefix(b []byte) Level {
	switch l := syslog(b); {
	case l != None:
		return l
	case len(b) > 1 && b[1] == ',':
		return ruby(b)
	case digit(b[0]):
		return redis(b)
	}
	return klog(b)
}

// syslog reads <N>, N being a priority: facility times eight plus severity.
func syslog(b []byte) Level {
	if b[0] != '<' {
		return None
	}
	end := bytes.IndexByte(b[:min(len(b), 5)], '>')
	if end < 2 {
		return None
	}
	n := 0
	for _, c := range b[1:end] {
		if !digit(c) {
			return None
		}
		n = 10*n + int(c-'0')
	}
	if n > 191 {
		return None
	}
	return ofSyslog(n % 8)
}

// letter is the level of a letter of klog, Ruby and MongoDB.
func letter(c byte) Level {
	switch c {
	case 'D':
		return Debug
	case 'I':
		return Info
	case 'W':
		return Warn
	case 'E':
		return Error
	case 'F':
		return Fatal
	}
	return None
}

// klog reads "E0102 15:04:05".
func klog(b []byte) Level {
	if len(b) < 14 || b[5] != ' ' || b[8] != ':' || b[11] != ':' {
		return None
	}
	for _, i := range []int{1, 2, 3, 4, 6, 7, 9, 10} {
		if !digit(b[i]) {
			return None
		}
	}
	return letter(b[0])
}

// ruby reads "W, [2026-01-02T15:04:05".
func ruby(b []byte) Level {
	if len(b) < 5 || b[1] != ',' || b[2] != ' ' || b[3] != '[' || !digit(b[4]) {
		return None
	}
	return letter(b[0])
}

// redis reads "1:M 02 Jan 2026 15:04:05.000 # text": the mark behind the time tells.
func redis(b []byte) Level {
	n := 0
	for n < len(b) && digit(b[n]) {
		n++
	}
	if n == 0 || len(b) < n+28 || b[n] != ':' || b[n+2] != ' ' || bytes.IndexByte([]byte("XCSM"), b[n+1]) < 0 {
		return None
	}
	fields := bytes.SplitN(b[n+3:min(len(b), n+40)], []byte(" "), 6)
	if len(fields) < 6 || len(fields[4]) != 1 || len(fields[1]) != 3 {
		return None
	}
	switch fields[4][0] {
	case '.':
		return Debug
	case '-':
		return Info
	case '*':
		return Notice
	case '#':
		return Warn
	}
	return None
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
