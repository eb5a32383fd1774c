package show

import (
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/processes"
)

func TestProcesses(t *testing.T) {
	now := time.Date(2026, 5, 6, 12, 0, 0, 0, time.Local)
	row := func(service, user, cmd string, at time.Time, used time.Duration) ProcessRow {
		return ProcessRow{service, 1, user, processes.Process{PID: 4711, PPID: 1, CPU: 3, Started: at, TTY: "?", Time: used, Command: cmd}}
	}
	var out strings.Builder
	err := Processes(&out, []ProcessRow{
		row("web", "root", "nginx: master", now.Add(-time.Hour), 61*time.Second),
		row("database", "999", "postgres -c x", now.AddDate(0, 0, -1), 26*time.Hour),
		row("db", "999", "old", now.AddDate(-1, 0, 0), 0),
	}, now)
	want := `SERVICE   #   UID   PID   PPID  C   STIME  TTY  TIME        CMD
web       1   root  4711  1     3   11:00  ?    00:01:01    nginx: master
database  1   999   4711  1     3   May05  ?    1-02:00:00  postgres -c x
db        1   999   4711  1     3   2025   ?    00:00:00    old
`
	if err != nil || out.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out.String(), want)
	}
	out.Reset()
	if err := Processes(&out, nil, now); err != nil || out.Len() > 0 {
		t.Errorf("without processes: %q, %v", out.String(), err)
	}
}
