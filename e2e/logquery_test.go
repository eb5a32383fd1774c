package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// logTalk is what the services of the query scenarios write; each line comes some time
// after the one before, so that the order of arrival is known.
const logTalk = `
services:
  web:
    command:
      - sh
      - -c
      - |
        echo 'INFO listening'; echo 'GET /a 200'; echo 'ERROR broken'; printf '\tat main\n'
        echo 'GET /b 500'; echo 'WARN aside' >&2; exec sleep 1000
    stop_grace_period: 0s
  db:
    command: sh -c 'echo "level=info msg=ready"; echo "level=error msg=\"disk full\""'
  noisy:
    command: sh -c 'for n in 1 2 3; do echo "DEBUG tick $$n"; done'
`

// Each flag that chooses lines, alone and with others, in golden texts; also while the
// project is down the log is there, and the same is chosen.
func TestLogFlags(t *testing.T) {
	s := begin(t, logTalk)
	s.must("up", "-d")
	s.eventually("all have spoken", func() bool {
		r := s.compose("logs", "--no-log-prefix")
		return strings.Count(r.stdout+r.stderr, "\n") == 11
	})
	check := func(t *testing.T) {
		s := s.in(t)
		for _, c := range []struct{ args, out, err string }{
			{"--grep GET web", "web-1  | GET /a 200\nweb-1  | GET /b 500\n", ""},
			{"--grep GET --grep ^WARN web", "web-1  | GET /a 200\nweb-1  | GET /b 500\n", "web-1  | WARN aside\n"},
			{"--grep (?i)LISTEN --no-log-prefix", "INFO listening\n", ""},
			{"--grep .. --invert", "", ""},
			{"--grep [A-Z] --invert web", "web-1  | \tat main\n", ""},
			{"--level error web", "web-1  | ERROR broken\nweb-1  | \tat main\n", ""},
			{"--level warn..warn web", "", "web-1  | WARN aside\n"},
			{"--level error db", "db-1  | level=error msg=\"disk full\"\n", ""},
			{"--level debug..debug --exclude web", "noisy-1  | DEBUG tick 1\nnoisy-1  | DEBUG tick 2\nnoisy-1  | DEBUG tick 3\n", ""},
			{"--exclude web --exclude noisy", "db-1  | level=info msg=ready\ndb-1  | level=error msg=\"disk full\"\n", ""},
			{"-n 1 --grep GET web", "web-1  | GET /b 500\n", ""},
			{"-n 2 --grep tick noisy", "noisy-1  | DEBUG tick 2\nnoisy-1  | DEBUG tick 3\n", ""},
			{"--raw --grep tick.[12] noisy", "DEBUG tick 1\nDEBUG tick 2\n", ""},
			{"--until 1h --grep tick", "", ""},
			{"--since 1h --grep 2 noisy", "noisy-1  | DEBUG tick 2\n", ""},
			{"--index 1 --grep 3 noisy", "noisy-1  | DEBUG tick 3\n", ""},
		} {
			r := s.compose(append([]string{"logs"}, strings.Fields(c.args)...)...)
			if r.code != 0 || r.stdout != c.out || r.stderr != c.err {
				t.Errorf("logs %s: exit %d\nout %q\nerr %q\nwant %q\n     %q", c.args, r.code, r.stdout, r.stderr, c.out, c.err)
			}
		}
	}
	t.Run("running", check)
	s.must("stop")
	t.Run("stopped", check)
	for _, c := range []struct{ args, says string }{
		{"--grep (", "RE2"}, {"--invert", "--grep"}, {"--level loud", "fatal"}, {"--exclude nobody", "no such service: nobody"},
		{"--json --raw", "--raw"}, {"--since last-reset", "last-reset"},
	} {
		s.fails(1, []string{c.says}, append([]string{"logs"}, strings.Fields(c.args)...)...)
	}
}

// --json: an object for each line, in order of arrival, with all that is known of it.
func TestLogsJSON(t *testing.T) {
	s := begin(t, logTalk)
	s.must("up", "-d")
	type line struct {
		Service, Container, Stream, Level, Line string
		Sequence                                uint64
	}
	var lines []line
	s.eventually("all have spoken", func() bool {
		lines = nil
		for text := range strings.Lines(s.must("logs", "--json")) {
			var l line
			decodeJSON(t, text, &l)
			lines = append(lines, l)
		}
		return len(lines) == 11
	})
	last, seen := uint64(0), map[string]bool{}
	for _, l := range lines {
		if l.Sequence < last || l.Container != s.project+"-"+l.Service+"-1" {
			t.Errorf("%+v after %d", l, last)
		}
		last = l.Sequence
		seen[fmt.Sprintf("%s %s %s %s", l.Service, l.Stream, l.Level, l.Line)] = true
	}
	for _, want := range []string{"web stdout info INFO listening", "web stdout  GET /a 200", "web stdout error \tat main", "web stderr warn WARN aside", "noisy stdout debug DEBUG tick 2", `db stdout error level=error msg="disk full"`} {
		if !seen[want] {
			t.Errorf("no %q in %v", want, seen)
		}
	}
	var one line
	if text := s.must("logs", "--json", "--level", "warn..warn"); json.Unmarshal([]byte(text), &one) != nil || one.Line != "WARN aside" {
		t.Errorf("the only warning: %q", text)
	}
}

// --since last-restart: what each container has written since it was last started.
func TestLogsSinceLastRestart(t *testing.T) {
	s := begin(t, `
services:
  a: { command: sh -c 'echo run $$(cat /proc/sys/kernel/random/uuid); exec sleep 1000', stop_grace_period: 0s }
  b: { command: sh -c 'echo other; exec sleep 1000', stop_grace_period: 0s }
`)
	s.must("up", "-d")
	s.eventually("both have spoken", func() bool { return strings.Count(s.must("logs"), "\n") == 2 })
	first := s.must("logs", "a")
	s.must("restart", "a")
	s.eventually("a has spoken again", func() bool { return strings.Count(s.must("logs", "a"), "\n") == 2 })
	second := strings.TrimPrefix(s.must("logs", "a"), first)
	for _, state := range []string{"running", "stopped"} {
		if got := s.must("logs", "--since", "last-restart", "a"); got != second {
			t.Errorf("%s: %q, want %q", state, got, second)
		}
		if got := s.must("logs", "--since", "last-restart", "b"); got != "b-1  | other\n" {
			t.Errorf("%s: b: %q", state, got)
		}
		s.must("stop")
	}
}

// A follower filters what comes, of containers too that come later.
func TestLogsFollowFiltered(t *testing.T) {
	s := begin(t, `
services:
  a: { command: sh -c 'while sleep 0.05; do echo INFO beat; echo ERROR loud; done', stop_grace_period: 0s }
  b: { command: sh -c 'while sleep 0.05; do echo INFO beat; echo ERROR late; done', stop_grace_period: 0s }
  c: { command: sh -c 'while sleep 0.05; do echo ERROR excluded; done', stop_grace_period: 0s }
`)
	s.must("up", "-d", "a", "c")
	f := s.background("logs", "-f", "--level", "error", "--exclude", "c", "-n", "0")
	f.shows("a-1  | ERROR loud\n")
	s.must("up", "-d", "b")
	f.shows("b-1  | ERROR late\n")
	s.must("stop")
	if code := f.code(); code != 0 || strings.Contains(f.out.String(), "INFO") || strings.Contains(f.out.String(), "excluded") {
		t.Errorf("exit %d:\n%s", code, head(f.out.String()))
	}
}
