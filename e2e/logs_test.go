package e2e

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// The log is complete, in order, prefixed by name, and tells its streams apart.
func TestLogs(t *testing.T) {
	s := begin(t, `
services:
  a: { command: ./probe lines 200 0s tick }
  longer-name: { command: sh -c 'echo to-out; echo to-err >&2' }
`)
	s.must("up", "-d")
	s.eventually("a has ended", func() bool { return s.state("a-1") == "exited" && s.state("longer-name-1") == "exited" })
	t.Run("complete and in order", func(t *testing.T) {
		s := s.in(t)
		got := s.logLines("a")
		if len(got) != 200 {
			t.Fatalf("%d lines, want 200", len(got))
		}
		for i, l := range got {
			if want := fmt.Sprintf("tick %d", i); l != want {
				t.Fatalf("line %d is %q, want %q", i, l, want)
			}
		}
	})
	t.Run("prefix", func(t *testing.T) {
		r := s.in(t).compose("logs", "--no-color")
		if !strings.Contains(r.stdout, "a-1            | tick 0\n") || !strings.Contains(r.stdout, "longer-name-1  | to-out\n") {
			t.Errorf("prefixes:\n%s", head(r.stdout))
		}
		if strings.Contains(r.stdout, "\x1b") {
			t.Error("colours in a pipe")
		}
	})
	t.Run("streams", func(t *testing.T) {
		r := s.in(t).compose("logs", "--no-log-prefix", "longer-name")
		if r.stdout != "to-out\n" || r.stderr != "to-err\n" {
			t.Errorf("stdout %q, stderr %q", r.stdout, r.stderr)
		}
	})
	t.Run("tail", func(t *testing.T) {
		if got := s.in(t).must("logs", "--no-log-prefix", "--tail", "2", "a"); got != "tick 198\ntick 199\n" {
			t.Errorf("the last two lines: %q", got)
		}
	})
	t.Run("times", func(t *testing.T) {
		line := s.in(t).must("logs", "--no-log-prefix", "-t", "--tail", "1", "a")
		stamp, text, _ := strings.Cut(line, " ")
		when, err := time.Parse(time.RFC3339Nano, stamp)
		if err != nil || text != "tick 199\n" || time.Since(when) > patience {
			t.Errorf("line %q: %v", line, err)
		}
	})
	t.Run("since and until", func(t *testing.T) {
		s := s.in(t)
		if got := s.must("logs", "--since", "0s", "a"); got != "" {
			t.Errorf("since now: %q", head(got))
		}
		if got := s.must("logs", "--until", "10m", "a"); got != "" {
			t.Errorf("until ten minutes ago: %q", head(got))
		}
		if got := s.must("logs", "--since", "10m", "a"); strings.Count(got, "\n") != 200 {
			t.Errorf("since ten minutes ago: %d lines", strings.Count(got, "\n"))
		}
	})
	t.Run("while the project is stopped", func(t *testing.T) {
		s := s.in(t)
		s.must("stop")
		if n := len(s.logLines("a")); n != 200 {
			t.Errorf("%d lines, want 200", n)
		}
	})
}

// Bytes that a terminal must not get are kept, and given out by --raw alone.
func TestLogBytes(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe bytes }\n")
	s.must("up", "-d")
	s.eventually("a has ended", func() bool { return s.state("a-1") == "exited" })
	const want = "red \x1b[31m bell \a nul \x00 bad \xff\xfe end\nno newline"
	if got := s.must("logs", "--raw", "a"); got != want {
		t.Errorf("raw: %q, want %q", got, want)
	}
	master, slave := openPTY(t)
	defer master.Close()
	cmd := s.command(t.Context(), "logs", "--no-color", "a")
	cmd.Stdout = slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	shown := watch(master)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	s.eventually("the terminal shows it", func() bool { return strings.Contains(string(shown.bytes()), "no newline") })
	if got := string(shown.bytes()); strings.ContainsAny(got, "\x1b\a\x00") {
		t.Errorf("a terminal got control bytes: %q", got)
	}
}

// logs -f shows what comes, through restarts of the service, until it is ended.
func TestLogsFollow(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe serve :80, ports: [\"127.0.0.1::80\"], restart: always }\n")
	s.must("up", "-d")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := s.command(ctx, "logs", "-f", "--no-log-prefix", "--no-color")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	for run := range 3 {
		if !lines.Scan() || lines.Text() != "serving at :80" {
			t.Fatalf("run %d: line %q, %v", run, lines.Text(), lines.Err())
		}
		s.eventually("a runs", func() bool { return s.state("a-1") == "running" }) // its line may come first
		s.eventually("a answers", func() bool { return get(s.port("a-1"), "/health") != "" || get(s.port("a-1"), "/") != "" })
		get(s.port("a-1"), "/exit/1")
	}
}

func head(text string) string {
	if len(text) > 400 {
		return text[:400] + "…"
	}
	return text
}
