package processes

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticks per second in /proc/PID/stat: USER_HZ, 100 on every architecture that we
// are built for (time(7), proc_pid_stat(5)).
const ticks = 100

// Process is a line of ps -ef.
type Process struct {
	UID     uint32 // inside of its user namespace
	PID     int    // on the host, as PPID
	PPID    int
	CPU     int // percent of one processor over its life, 0 to 99
	Started time.Time
	TTY     string // "pts/0", "?" = none
	Time    time.Duration
	Command string
}

// Describe reads one process; an error when it has ended.
func (fs FS) Describe(pid int, now time.Time) (Process, error) {
	p := Process{PID: pid}
	stat, err := os.ReadFile(fs.file(pid, "stat"))
	if err != nil {
		return p, err
	}
	boot, err := fs.boot()
	if err != nil {
		return p, err
	}
	name, err := p.parseStat(stat, boot, now)
	if err != nil {
		return p, err
	}
	if p.UID, err = fs.uid(pid); err != nil {
		return p, err
	}
	line, err := os.ReadFile(fs.file(pid, "cmdline"))
	if err != nil {
		return p, err
	}
	if p.Command = printable(line); p.Command == "" {
		p.Command = "[" + printable([]byte(name)) + "]"
	}
	return p, nil
}

// parseStat reads the line of /proc/PID/stat and returns the program's name,
// which may hold anything, also brackets (proc_pid_stat(5)).
func (p *Process) parseStat(line []byte, boot, now time.Time) (name string, err error) {
	from, to := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if from < 0 || to < from {
		return "", fmt.Errorf("process %d: unreadable stat", p.PID)
	}
	const ppid, tty, utime, stime, start = 1, 4, 11, 12, 19 // counted from the state
	f := strings.Fields(string(line[to+1:]))
	if len(f) <= start {
		return "", fmt.Errorf("process %d: stat has %d fields", p.PID, len(f))
	}
	var n [start + 1]int64
	for _, i := range []int{ppid, tty, utime, stime, start} {
		if n[i], err = strconv.ParseInt(f[i], 10, 64); err != nil {
			return "", fmt.Errorf("process %d: stat: %w", p.PID, err)
		}
	}
	p.PPID, p.TTY = int(n[ppid]), terminal(uint32(n[tty]))
	p.Time = time.Duration(n[utime]+n[stime]) * (time.Second / ticks)
	p.Started = boot.Add(time.Duration(n[start]) * (time.Second / ticks))
	if life := now.Sub(p.Started); life > 0 {
		p.CPU = int(min(99, 100*p.Time/life))
	}
	return string(line[from+1 : to]), nil
}

// terminal names a device number; the major numbers are those of
// Documentation/admin-guide/devices.txt.
func terminal(dev uint32) string {
	major, minor := dev>>8&0xfff, dev&0xff|dev>>12&0xfff00
	switch {
	case dev == 0:
		return "?"
	case major >= 136 && major <= 143:
		return "pts/" + strconv.Itoa(int(major-136)<<8+int(minor))
	case major == 4 && minor < 64:
		return "tty" + strconv.Itoa(int(minor))
	}
	return "?"
}

// boot is when the machine was started.
func (fs FS) boot() (time.Time, error) {
	b, err := os.ReadFile(string(fs) + "/stat")
	if err != nil {
		return time.Time{}, err
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "btime "); ok {
			sec, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
			return time.Unix(sec, 0), err
		}
	}
	return time.Time{}, fmt.Errorf("%s/stat tells no boot time", fs)
}

// printable joins a command line by spaces; what would move a cursor becomes "?".
func printable(line []byte) string {
	s := strings.TrimRight(strings.ReplaceAll(string(line), "\x00", " "), " ")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}
