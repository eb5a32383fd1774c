package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// Every action of docker's that a command causes is told, in docker's order, with the
// attributes that go with it.
func TestEventActions(t *testing.T) {
	s := begin(t, `
services:
  a:
    command: ./probe pause
    stop_grace_period: 0s
    healthcheck: { test: [CMD, ./probe, exit, "0"], interval: 50ms }
`)
	s.must("up", "-d", "--wait")
	for _, args := range [][]string{{"pause"}, {"unpause"}, {"kill", "-s", "CONT"}, {"restart"}, {"stop"}, {"start"}, {"kill"}, {"rm", "-f"}} {
		s.must(args...)
	}
	seen, stop := s.follow("--since", "1h", "a")
	want := "create, start, pause, unpause, kill, kill, die, stop, start, restart, kill, die, stop, start, kill, die, destroy"
	got := func() (list []event) {
		for _, e := range seen() {
			if e.Type == "container" && !strings.HasPrefix(e.Action, "exec_") && !strings.HasPrefix(e.Action, "health_status") {
				list = append(list, e)
			}
		}
		return list
	}
	s.eventually("the last event", func() bool { return strings.HasSuffix(actionsOf(got()), "destroy") })
	if actions := actionsOf(got()); actions != want {
		t.Fatalf("got  %s\nwant %s", actions, want)
	}
	list := got()
	for i, signal := range map[int]string{4: "18", 5: "9", 14: "9"} {
		if list[i].Attributes["signal"] != signal {
			t.Errorf("kill %d: %v", i, list[i].Attributes)
		}
	}
	if code := list[15].Attributes["exitCode"]; code != "137" {
		t.Errorf("die after kill: exit code %q", code)
	}
	if !strings.Contains(actionsOf(seen()), "health_status: healthy") {
		t.Errorf("no health: %s", actionsOf(seen()))
	}
	stop()
}

// attach: false keeps a service's lines out of `up`, and nowhere else; --attach overrules it.
func TestAttachFalse(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe lines 2 0s a, attach: false }\n  b: { command: ./probe lines 2 0s b }\n")
	f := s.foreground("--no-log-prefix")
	if f.code(); strings.Contains(f.out.String(), "a 0\n") || !strings.Contains(f.out.String(), "b 1\n") {
		t.Errorf("up shows\n%s", f.out.String())
	}
	s.eventually("a has ended", func() bool { return s.state("a-1") == "exited" })
	s.complete("a", 2)
	g := s.foreground("--no-log-prefix", "--attach", "a")
	if g.code(); !strings.Contains(g.out.String(), "a 1\n") {
		t.Errorf("up --attach a shows\n%s", g.out.String())
	}
}

// What run makes is not among the services' lines, but by its name and id; a replica is
// shown by its number.
func TestLogsOfOneContainer(t *testing.T) {
	s := begin(t, "services:\n  a: { command: sh -c 'echo replica', scale: 2 }\n")
	s.must("up", "-d")
	s.must("run", "-T", "--name", "once", "a", "./probe", "lines", "2", "0s", "by-run")
	s.eventually("both have spoken", func() bool { return s.must("logs", "--no-log-prefix") == "replica\nreplica\n" })
	if got := s.must("logs", "once"); got != "once  | by-run 0\nonce  | by-run 1\n" {
		t.Errorf("by name: %q", got)
	}
	if got := s.must("logs", "--exclude", "a", "once", "a"); got != "once  | by-run 0\nonce  | by-run 1\n" {
		t.Errorf("without the service: %q", got)
	}
	for n := 1; n <= 2; n++ {
		if got := s.must("logs", "--index", fmt.Sprint(n), "a"); got != fmt.Sprintf("a-%d  | replica\n", n) {
			t.Errorf("index %d: %q", n, got)
		}
	}
	s.fails(1, []string{"--index requires one service"}, "logs", "--index", "1")
}
