package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// buildGroups are the subtrees of builds, wherever in the hierarchy.
func buildGroups(t *testing.T) (dirs []string) {
	t.Helper()
	_ = filepath.WalkDir(cgroupMount, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), "mocker-compose-build-") {
			dirs = append(dirs, path)
		}
		return nil
	})
	return dirs
}

// A RUN is in a cgroup of its own, where its processes are bounded and counted and end
// together; one that the kernel has killed because memory was short says so; nothing of
// it is left, whoever is killed.
func TestBuildStepHasACgroup(t *testing.T) {
	needUserManager(t)
	needControllers(t, "memory", "pids")
	requireIDs(t)
	s := begin(t, "services: {web: {build: .}}")
	s.withBusybox(".")
	long := fmt.Sprint(1_000_000 + os.Getpid()) // seconds that nobody else sleeps
	step := func() (group string) {
		s.eventually("the step sleeps in a cgroup of its own", func() bool {
			for _, pid := range pidsOfSleep(long) {
				group = cgroupMount + cgroupOf(pid)
			}
			return strings.HasPrefix(filepath.Base(group), "step-")
		})
		return group
	}
	s.write("Dockerfile", busyboxBase+"FROM base\nRUN echo it runs; setsid sleep "+long+" & sleep "+long+"\n")
	f := s.background("--progress", "plain", "build")
	group := step()
	if most := cgroupFile(group, "pids.max"); most == "max" || most == "" {
		t.Errorf("the number of its processes has no bound: %q", most)
	}
	if now := cgroupFile(group, "memory.current"); now == "" || now == "0" {
		t.Errorf("its memory is %q", now)
	}
	if top := filepath.Base(filepath.Dir(group)); !strings.HasPrefix(top, "mocker-compose-build-") || !strings.HasSuffix(top, ".scope") {
		t.Errorf("it is in %s", group)
	}
	if bad := innerProcesses(filepath.Dir(group)); len(bad) > 0 {
		t.Errorf("processes in inner nodes: %q", bad)
	}
	if err := os.WriteFile(filepath.Join(group, "cgroup.kill"), []byte("1"), 0); err != nil {
		t.Error(err)
	}
	if code := f.code(); code == 0 || !strings.Contains(f.out.String(), "exit code: 137\n") || len(pidsOfSleep(long)) > 0 {
		t.Errorf("its group was killed: exit %d, %d processes are left\n%s", code, len(pidsOfSleep(long)), f.out.String())
	}

	f = s.background("--progress", "plain", "build")
	step()
	f.kill(syscall.SIGKILL)
	f.code()
	s.eventually("nothing is left of a build that was killed", func() bool { return len(pidsOfSleep(long)) == 0 && len(buildGroups(t)) == 0 })

	s.write("Dockerfile", busyboxBase+"FROM base\nRUN echo it grows; awk 'BEGIN { s = \"x\"; while (1) s = s s }'\n")
	s.login = inScope("mkdir $C/shell; echo $$ >$C/shell/cgroup.procs; export MOCKER_CGROUP=$C; echo 200M >$C/memory.max; echo 0 >$C/memory.swap.max; ")
	out, err := s.login(t.Context(), s.through("--progress", "plain", "build")).CombinedOutput()
	s.login = nil
	if err == nil || !strings.Contains(string(out), "exit code: 137 (out of memory)") {
		t.Errorf("memory was short: %v\n%s", err, out)
	}
	s.write("Dockerfile", busyboxBase+"FROM base\nRUN echo done\n")
	s.must("build")
	s.eventually("no group of a build is left", func() bool { return len(buildGroups(t)) == 0 })
}

// pidsOfSleep are those who sleep for that many seconds.
func pidsOfSleep(seconds string) (pids []int) {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, line := range lines {
		b, err := os.ReadFile(line)
		if args := strings.Split(string(b), "\x00"); err == nil && slices.Contains(args, "sleep") && slices.Contains(args, seconds) {
			var pid int
			_, _ = fmt.Sscan(filepath.Base(filepath.Dir(line)), &pid)
			pids = append(pids, pid)
		}
	}
	return pids
}
