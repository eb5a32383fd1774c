package e2e

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const pauseFile = `services:
  a:
    command: sh -c 'i=0; while :; do i=$$((i+1)); echo $$i > count; sleep 0.05; done'
    stop_grace_period: 5s
  kids:
    command: ./probe family
    stop_grace_period: 1s
    healthcheck: { test: [CMD-SHELL, "echo probed >> probed"], interval: 100ms }
`

// A paused container stands still: its count, its health checks, every one of
// its processes; it is shown as paused, nothing is executed in it, and it goes
// on where it was.
func TestPause(t *testing.T) {
	s := begin(t, pauseFile)
	s.must("up", "-d")
	s.eventually("it counts and probes", func() bool { return s.count() > 2 && s.read("probed") != "" })
	r := s.compose("pause")
	if r.code != 0 || strings.Count(r.stderr, "  Paused\n") != 2 {
		t.Fatalf("exit %d: %s", r.code, r.stderr)
	}
	s.standsStill("after pause")
	if got := s.state("a-1"); got != "paused" {
		t.Errorf("state %q", got)
	}
	if ps := s.must("ps"); strings.Count(ps, "(Paused)") != 2 {
		t.Errorf("ps:\n%s", ps)
	}
	s.fails(1, []string{"is paused, unpause the container before exec"}, "exec", "-T", "a", "true")
	s.fails(1, []string{"cannot attach to a paused container"}, "attach", "a")
	s.fails(1, []string{"is already paused"}, "pause", "a")
	s.fails(1, []string{"cannot start a paused container, try unpause instead"}, "up", "-d")
	if err := syscall.Kill(s.supervisorPID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got := s.state("a-1"); got != "paused" {
		t.Errorf("with another supervisor: state %q", got)
	}
	s.standsStill("with another supervisor")
	at, next := s.count(), 0
	s.must("unpause", "a")
	s.eventually("it goes on", func() bool { next = s.count(); return next != 0 && next != at })
	if next < at {
		t.Errorf("it began again: %d after %d", next, at)
	}
	s.fails(1, []string{"is not paused"}, "unpause", "a")
	s.must("unpause", "kids")
	probed := len(s.read("probed"))
	s.eventually("it probes again", func() bool { return len(s.read("probed")) > probed })
	s.must("exec", "-T", "a", "true")
}

// What ends a container ends a paused one.
func TestPausedEnds(t *testing.T) {
	s := begin(t, strings.ReplaceAll(pauseFile, "./probe family", "./probe trap"))
	for _, end := range [][]string{{"stop"}, {"kill"}, {"kill", "-s", "TERM"}, {"restart"}, {"down"}} {
		s.must("up", "-d")
		s.eventually("it traps", func() bool { return s.logged("kids", "trapping") })
		s.must("pause", "kids")
		s.must(end...)
		if end[0] == "restart" {
			if got := s.state("kids-1"); got != "running" {
				t.Errorf("after restart: %q", got)
			}
			s.eventually("it traps again", func() bool { return strings.Count(s.must("logs", "kids"), "trapping") == 2 })
			continue
		}
		s.eventually(fmt.Sprint(end, " has ended it"), func() bool { got := s.state("kids-1"); return got == "exited" || got == "" })
		if end[0] == "stop" && s.ps()["kids-1"].ExitCode != 0 {
			t.Errorf("stop did not let it see its signal: exit code %d", s.ps()["kids-1"].ExitCode)
		}
		s.must("down")
	}
}

func (s *scenario) count() int {
	n, err := strconv.Atoi(strings.TrimSpace(s.read("count")))
	if err != nil {
		return 0
	}
	return n
}

// standsStill looks at every process of the project's containers.
func (s *scenario) standsStill(when string) {
	s.t.Helper()
	s.eventually("all stand still "+when, func() bool {
		for _, pid := range s.userProcesses() {
			if st := procState(pid); st != 'T' && st != 'Z' && st != 0 && !isFrozen(pid) {
				return false
			}
		}
		return true
	})
	before, probed := s.count(), len(s.read("probed"))
	time.Sleep(300 * time.Millisecond)
	if s.count() != before || len(s.read("probed")) != probed {
		s.t.Errorf("%s: it runs", when)
	}
}

// userProcesses are the processes that the services are.
func (s *scenario) userProcesses() (pids []int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		root, _ := os.Readlink("/proc/" + e.Name() + "/cwd")
		comm, _ := os.ReadFile("/proc/" + e.Name() + "/comm")
		if root == s.dir && strings.TrimSpace(string(comm)) != "mocker-compose" && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	if len(pids) == 0 {
		s.t.Fatal("no processes of services are seen")
	}
	return pids
}

func procState(pid int) byte {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(b), ") ")
	if after == "" {
		return 0
	}
	return after[0]
}

// A pid namespace that is shared is not paused with one of its containers.
func TestPauseShared(t *testing.T) {
	s := begin(t, `services:
  owner: { command: "sh -c 'i=0; while :; do i=$$((i+1)); echo $$i > owner; sleep 0.05; done'" }
  guest: { command: "sh -c 'i=0; while :; do i=$$((i+1)); echo $$i > guest; sleep 0.05; done'", pid: "service:owner", depends_on: [owner] }
  lord: { command: "sh -c 'i=0; while :; do i=$$((i+1)); echo $$i > lord; sleep 0.05; done'", pid: host }
`)
	s.must("up", "-d")
	moves := func(name string) {
		t.Helper()
		before := s.read(name)
		s.eventually(name+" moves", func() bool { return s.read(name) != before })
	}
	all := []string{"owner", "guest", "lord"}
	for _, name := range all {
		moves(name)
	}
	for _, paused := range all {
		s.must("pause", paused)
		before := s.read(paused)
		for _, name := range all {
			if name != paused {
				moves(name)
			}
		}
		time.Sleep(300 * time.Millisecond) // the chance to go wrong
		if now := s.read(paused); now != before {
			t.Errorf("%s is paused and moves: %q, then %q", paused, before, now)
		}
		s.must("unpause", paused)
		moves(paused)
	}
}
