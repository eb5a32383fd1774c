package show

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/processes"
)

// ProcessRow is a process of a container.
type ProcessRow struct {
	Service string
	Number  int
	User    string
	processes.Process
}

// Processes prints the table of top; without processes there is none.
func Processes(w io.Writer, rows []ProcessRow, now time.Time) error {
	if len(rows) == 0 {
		return nil
	}
	tw := tabwriter.NewWriter(w, 4, 1, 2, ' ', 0)
	fmt.Fprintln(tw, "SERVICE\t#\tUID\tPID\tPPID\tC\tSTIME\tTTY\tTIME\tCMD")
	for i := range rows {
		r := &rows[i]
		cells := []string{
			r.Service, strconv.Itoa(r.Number), r.User, strconv.Itoa(r.PID), strconv.Itoa(r.PPID), strconv.Itoa(r.CPU),
			startTime(r.Started, now), r.TTY, cpuTime(r.Time), r.Command,
		}
		fmt.Fprintln(tw, strings.Join(cells, "\t"))
	}
	return tw.Flush()
}

// startTime is STIME of ps: the time of today, else the day, else the year.
func startTime(at, now time.Time) string {
	at, now = at.Local(), now.Local()
	switch {
	case at.Year() != now.Year():
		return at.Format("2006")
	case at.YearDay() != now.YearDay():
		return at.Format("Jan02")
	}
	return at.Format("15:04")
}

// cpuTime is TIME of ps: [DAYS-]HH:MM:SS.
func cpuTime(d time.Duration) string {
	s := int(d.Seconds())
	text := fmt.Sprintf("%02d:%02d:%02d", s/3600%24, s/60%60, s%60)
	if days := s / 86400; days > 0 {
		return fmt.Sprintf("%d-%s", days, text)
	}
	return text
}
