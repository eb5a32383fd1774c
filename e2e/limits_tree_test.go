package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// No process is in a cgroup that has others below it, at no moment; every run has a
// directory of its own, that is gone when the run is; and down leaves none.
func TestLimitsTree(t *testing.T) {
	needControllers(t, "memory", "pids")
	rounds := number(t, "MOCKER_TEST_CGROUPS", 10)
	all := delegated()
	before := allCgroups(all)
	s := begin(t, `
services:
  stay: { command: ./probe family, mem_limit: 100m, stop_grace_period: 100ms }
  come: { command: ./probe pause, scale: 4, pids_limit: 50, healthcheck: { test: [CMD, ./probe, ids], interval: 200ms } }
  flap: { command: ./probe exit 1, restart: always }
`)
	s.must("up", "-d")
	tree := s.tree()
	stay := s.group("stay")
	looks, stop := lookForInner(t, tree)
	names := map[string]bool{}
	for range rounds {
		s.must("restart", "-t", "0", "come")
		for _, dir := range s.groups("come") {
			if names[dir] {
				t.Errorf("%s is used again", dir)
			}
			names[dir] = true
		}
		s.must("exec", "-T", "come", "true")
	}
	s.must("stop", "-t", "0", "flap")
	t.Logf("%d restarts of 4, %d looks at the whole tree", rounds, stop())
	if *looks == 0 {
		t.Error("the tree was not looked at")
	}
	if s.group("stay") != stay {
		t.Errorf("stay moved from %s to %s", stay, s.group("stay"))
	}
	s.eventually("one directory for each that runs", func() bool { return len(s.groups("")) == 5 })
	if procs := cgroupFile(tree, "cgroup.procs"); procs != "" {
		t.Errorf("in %s itself there are %q", tree, procs)
	}
	pids := strings.Fields(cgroupFile(stay, "cgroup.procs"))
	if len(pids) < 4 {
		t.Errorf("the processes of stay: %q", pids)
	}
	s.must("down", "-t", "0")
	var left []string
	s.eventually("down has removed all of them", func() bool {
		left = slices.DeleteFunc(allCgroups(all), func(dir string) bool { return slices.Contains(before, dir) })
		return len(left) == 0 || !strings.Contains(strings.Join(left, " "), "mocker")
	})
	if len(left) > 0 {
		t.Logf("new, not ours: %q", left)
	}
}

// lookForInner looks at the tree as often as it can, until stop, which returns how often.
func lookForInner(t *testing.T, tree string) (looks *int, stop func() int) {
	looks = new(int)
	end := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		for {
			select {
			case <-end:
				return
			case <-time.After(10 * time.Millisecond):
			}
			if bad := innerProcesses(tree); len(bad) > 0 {
				t.Errorf("processes in inner nodes: %q", bad)
				return
			}
			*looks++
		}
	})
	return looks, func() int { close(end); done.Wait(); return *looks }
}

// Everything that runs in a container is in the group of its run: what exec starts
// and health checks too; one-off containers have their own.
func TestLimitsAllInOneGroup(t *testing.T) {
	needControllers(t, "memory", "pids")
	s := begin(t, `
services:
  a:
    command: ./probe pause main
    mem_limit: 64m
    pids_limit: 77
    healthcheck: { test: [CMD-SHELL, "sleep 3; true # checked"], interval: 100ms, timeout: 20s }
`)
	s.must("up", "-d")
	s.must("exec", "-d", "a", "./probe", "pause", "by-exec")
	s.must("run", "-d", "--name", "once", "a", "./probe", "pause", "one-off")
	group := strings.TrimPrefix(s.group("a"), cgroupMount)
	for what, args := range map[string][]string{"the main process": {"pause", "main"}, "exec": {"pause", "by-exec"}} {
		s.eventually(what+" is there", func() bool { return len(s.pidsOf(args...)) == 1 })
		if got := cgroupOf(s.pidsOf(args...)[0]); got != group {
			t.Errorf("%s is in %s, not in %s", what, got, group)
		}
	}
	s.eventually("the health check is there", func() bool {
		for _, pid := range strings.Fields(cgroupFile(cgroupMount+group, "cgroup.procs")) {
			if strings.Contains(cgroupFile("/proc/"+pid, "cmdline"), "checked") {
				return true
			}
		}
		return false
	})
	s.eventually("the one-off is there", func() bool { return len(s.pidsOf("pause", "one-off")) == 1 })
	own := cgroupOf(s.pidsOf("pause", "one-off")[0])
	if own == group || filepath.Dir(own) != filepath.Dir(group) {
		t.Errorf("the one-off is in %s, a in %s", own, group)
	}
	if got := cgroupFile(cgroupMount+own, "memory.max") + " " + cgroupFile(cgroupMount+own, "pids.max"); got != fmt.Sprint(64<<20, " ", 77) {
		t.Errorf("limits of the one-off: %s", got)
	}
}
