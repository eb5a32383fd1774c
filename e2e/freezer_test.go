package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// isFrozen tells whether a process stands still because its cgroup is frozen.
func isFrozen(pid int) bool {
	return cgroupCount(filepath.Join(cgroupMount, cgroupOf(pid)), "cgroup.events", "frozen") == 1
}

// members are the processes of a cgroup.
func members(dir string) (pids []int) {
	for f := range strings.FieldsSeq(cgroupFile(dir, "cgroup.procs")) {
		if pid, err := strconv.Atoi(f); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// onlyRuns checks that each container that runs has one directory, that there are no
// others, and that no process is above them.
func (s *scenario) onlyRuns(when string, running int) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%d directories, one for each run, %s", running, when), func() bool { return len(s.groups("")) == running })
	for _, dir := range s.groups("") {
		if len(members(dir)) == 0 {
			s.t.Errorf("%s: nobody is in %s", when, dir)
		}
	}
	if bad := innerProcesses(s.tree()); len(bad) > 0 {
		s.t.Errorf("%s: processes in inner nodes %q", when, bad)
	}
}

const freezerFile = `services:
  a:
    command: sh -c 'trap "exit 7" TERM; i=0; while :; do i=$$((i+1)); echo $$i > count; sleep 0.05; done'
    stop_grace_period: 20s
  kids:
    command: ./probe family
    stop_grace_period: 1s
    healthcheck: { test: [CMD-SHELL, "echo probed >> probed"], interval: 200ms }
  other: { command: sleep 100000, stop_grace_period: 0s }
  late: { command: sleep 100000, stop_grace_period: 0s }
`

// Where there is a freezer nobody inside is sent a signal, and nothing else stands
// still: neither the project holder nor a new container.
func TestFreezer(t *testing.T) {
	needControllers(t, "pids")
	s := begin(t, freezerFile)
	s.must("up", "-d", "a", "kids", "other")
	s.must("exec", "-d", "a", "sh", "-c", "i=0; while :; do i=$((i+1)); echo $i > beside; sleep 0.05; done")
	s.eventually("it counts and probes", func() bool { return s.count() > 2 && s.read("probed") != "" && s.read("beside") != "" })
	s.must("pause", "a", "kids")
	for _, name := range []string{"a", "kids"} {
		dir := s.group(name)
		if cgroupCount(dir, "cgroup.events", "frozen") != 1 {
			t.Errorf("%s is not frozen", dir)
		}
		for _, pid := range members(dir) {
			if st := procState(pid); st == 'T' {
				t.Errorf("%d of %s was sent a signal", pid, name)
			}
		}
	}
	s.still("after pause")
	s.must("up", "-d", "late")
	s.must("exec", "-T", "other", "true")
	s.killSupervisor()
	s.still("with another supervisor")
	s.fails(1, []string{"is paused, unpause the container before exec"}, "exec", "-T", "a", "true")
	s.onlyRuns("with another supervisor", 4)
	at := s.count()
	s.must("unpause", "a", "kids")
	s.eventually("it goes on", func() bool { return s.count() > at })
	s.must("exec", "-T", "a", "true")

	s.must("pause", "a")
	s.killSupervisor()
	s.must("stop", "a")
	if c := s.ps()["a-1"]; c.State != "exited" || c.ExitCode != 7 {
		t.Errorf("a paused one that is stopped sees its signal: %s with %d", c.State, c.ExitCode)
	}
	s.must("start", "a")
	s.must("pause", "a")
	s.must("kill", "a")
	s.eventually("it is killed", func() bool { c := s.ps()["a-1"]; return c.State == "exited" && c.ExitCode == 137 })
	s.onlyRuns("after a kill", 3)
	s.must("pause")
	s.killSupervisor()
	s.must("down")
}

// still checks that a and kids stand still.
func (s *scenario) still(when string) {
	s.t.Helper()
	now := func() []string { return []string{s.read("count"), s.read("probed"), s.read("beside")} }
	before := now()
	time.Sleep(400 * time.Millisecond) // the chance to go wrong
	if after := now(); !slices.Equal(before, after) {
		s.t.Errorf("%s: it runs: %q, then %q", when, before, after)
	}
}

// Commands come and go while their container is paused and goes on, and supervisors
// die meanwhile: whatever meets whatever, nothing stands still for ever.
func TestFreezerUnderFire(t *testing.T) {
	needControllers(t, "pids")
	s := begin(t, freezerFile)
	s.must("up", "-d", "a", "other")
	stop := make(chan struct{})
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					s.compose("exec", "-T", "a", "true") // it may be refused
				}
			}
		})
	}
	for n := range max(4, kills()) {
		s.compose("pause", "a") // with a supervisor that dies it may be paused already
		if n%2 == 1 {
			_ = syscall.Kill(s.supervisorPID(), syscall.SIGKILL)
		}
		s.must("exec", "-T", "other", "true") // forked by the same holder
		s.eventually("it goes on", func() bool {
			s.compose("unpause", "a")
			at := s.count()
			time.Sleep(200 * time.Millisecond)
			return s.count() > at
		})
	}
	close(stop)
	all.Wait()
	s.must("exec", "-T", "a", "true")
	s.onlyRuns("after all that", 2)
}

// What shares a pid namespace is killed and paused by its own group, whatever it did
// with its mount namespace.
func TestFreezerSharedPID(t *testing.T) {
	needControllers(t, "pids")
	s := begin(t, `services:
  owner: { command: ./probe family, stop_grace_period: 0s }
  guest: { command: "sh -c './probe pause one & ./probe pause two & wait'", pid: "service:owner", depends_on: [owner], stop_grace_period: 0s }
`)
	s.must("up", "-d")
	s.eventually("both are there", func() bool { return len(s.pidsOf("pause", "one"))+len(s.pidsOf("pause", "two")) == 2 })
	var owner []int
	s.eventually("the owner's family is whole", func() bool { owner = members(s.group("owner")); return len(owner) == 4 })
	if got := members(s.group("guest")); len(got) != 3 {
		t.Errorf("guest has %d processes, want 3", len(got))
	}
	s.must("pause", "guest")
	for _, pid := range owner {
		if isFrozen(pid) {
			t.Errorf("%d of owner is frozen with guest", pid)
		}
	}
	s.must("kill", "guest")
	s.eventually("guest is gone", func() bool { return len(s.pidsOf("pause", "one"))+len(s.pidsOf("pause", "two")) == 0 })
	if got := members(s.group("owner")); !slices.Equal(got, owner) {
		t.Errorf("owner had %v and has %v", owner, got)
	}
	s.onlyRuns("without guest", 1)
}

// Groups come and go with runs, by whatever command, and under load: what is there is
// what runs.
func TestFreezerGroupsFollowRuns(t *testing.T) {
	needControllers(t, "pids")
	s := begin(t, `services:
  a: { command: ./probe family, stop_grace_period: 0s, mem_limit: 100m }
  busy: { command: ./probe burn 2 1h, stop_grace_period: 0s }
  bad: { command: ./no-such-program }
`)
	s.must("up", "-d", "a", "busy")
	s.onlyRuns("after up", 2)
	if r := s.compose("up", "-d", "bad"); r.code == 0 {
		t.Error("a program that is not there was started")
	}
	s.onlyRuns("after a start that failed", 2)
	s.must("run", "-T", "--rm", "a", "true")
	s.onlyRuns("after run --rm", 2)
	s.must("run", "-d", "--name", s.project+"-once", "a", "sleep", "100000")
	s.onlyRuns("with a one-off", 3)
	s.must("rm", "-sf", s.project+"-once")
	s.onlyRuns("without it", 2)
	s.must("up", "-d", "--scale", "a=4", "a")
	s.onlyRuns("scaled up", 5)
	s.must("up", "-d", "--scale", "a=1", "a")
	s.onlyRuns("scaled down", 2)
	s.must("up", "-d", "--force-recreate", "a", "busy")
	s.onlyRuns("made anew", 2)
	for range 5 {
		s.must("restart", "-t", "0", "a", "busy")
	}
	s.onlyRuns("after restarts under load", 2)
	s.must("rm", "-sf", "a")
	s.onlyRuns("after rm", 1)

	holder := s.projectHolderPID("busy")
	old := s.group("busy")
	if err := syscall.Kill(holder, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.eventually("all has ended", func() bool { return len(s.pidsOf("burn", "2", "1h")) == 0 })
	s.must("up", "-d", "a", "busy")
	s.onlyRuns("after the death of the project holder", 2)
	if procs := cgroupFile(old, "cgroup.procs"); procs != "" && old != s.group("busy") {
		t.Errorf("%s of the last holder has %q", old, procs)
	}
	tree := s.tree()
	s.must("down")
	s.eventually("down leaves none", func() bool { _, err := os.Stat(tree); return os.IsNotExist(err) })
}
