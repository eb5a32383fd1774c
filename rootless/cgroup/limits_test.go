package cgroup

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// limited is a tree whose groups have the controller.
func limited(t *testing.T, controller string) (*Tree, bool) {
	t.Helper()
	tree, ok := openTestTree(t)
	if ok {
		testns.RequireController(t, tree.Path(), controller)
	}
	return tree, ok
}

// eater needs so many bytes in the group; ready tells whether it got them.
func eater(t *testing.T, g *Group, bytes int) (cmd *exec.Cmd, ready bool) {
	t.Helper()
	cmd = exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), fmt.Sprintf("CGROUP_TEST_EAT=%d", bytes))
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(g.Dir().Fd())}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _, _ = cmd.Process.Wait() })
	_, err = bufio.NewReader(out).ReadString('\n')
	return cmd, err == nil
}

func says(t *testing.T, g *Group, file, want string) {
	t.Helper()
	got, err := readAt(g.dir, file)
	if err != nil || got != want {
		t.Errorf("%s says %q (%v), want %q", file, got, err, want)
	}
}

const mib = 1 << 20

// All at Make, changed in place, taken back when they are not wished for any more.
func TestSet(t *testing.T) {
	tree, ok := limited(t, "memory")
	if !ok {
		return
	}
	g, unmet, err := tree.Make("a.1", &specs.LinuxResources{
		Memory: &specs.LinuxMemory{Limit: ptr(int64(64 * mib)), Swap: ptr(int64(64 * mib)), Reservation: ptr(int64(mib))},
		CPU:    &specs.LinuxCPU{Quota: ptr(int64(50000)), Shares: ptr(uint64(2048))},
		Pids:   &specs.LinuxPids{Limit: ptr(int64(100))}, Unified: map[string]string{"memory.high": "33554432"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Remove(within(t)) //nolint:errcheck // the census tells
	for _, u := range unmet {
		if u.File != "memory.swap.max" {
			t.Error(u)
		}
	}
	for file, want := range map[string]string{
		"memory.max": "67108864", "memory.high": "33554432", "memory.low": "1048576", "memory.oom.group": "1",
		"cpu.max": "50000 100000", "cpu.weight": "79", "pids.max": "100",
	} {
		says(t, g, file, want)
	}
	set := func(r *specs.LinuxResources) {
		t.Helper()
		unmet, err := g.Set(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range unmet {
			t.Error(u)
		}
	}
	set(&specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(128 * mib))}})
	says(t, g, "memory.max", "134217728")
	set(&specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(32 * mib))}, Pids: &specs.LinuxPids{Limit: ptr(int64(7))}})
	says(t, g, "memory.max", "33554432")
	says(t, g, "pids.max", "7")
	set(nil)
	for file, want := range map[string]string{
		"memory.max": "max", "memory.high": "max", "memory.low": "0", "memory.oom.group": "1",
		"cpu.max": "max 100000", "cpu.weight": "39", "pids.max": "max",
	} {
		says(t, g, file, want)
	}
}

// A cpuset is taken back from processes that are bound to it.
func TestSetCpusetBack(t *testing.T) {
	tree, ok := limited(t, "cpuset")
	if !ok {
		return
	}
	all, err := readAt(tree.dir, "cpuset.cpus.effective")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.ContainsAny(all, ",-") {
		t.Skip("there is one processor: run it in the lab with LAB_BACKEND=qemu LAB_CPUS=2")
	}
	first, _, _ := strings.Cut(strings.ReplaceAll(all, ",", "-"), "-")
	g, unmet, err := tree.Make("a.1", &specs.LinuxResources{CPU: &specs.LinuxCPU{Cpus: first, Mems: "0"}})
	if err != nil || len(unmet) > 0 {
		t.Fatal(unmet, err)
	}
	defer g.Remove(within(t)) //nolint:errcheck // the census tells
	if _, ready := eater(t, g, 1); !ready {
		t.Fatal("no process in it")
	}
	says(t, g, "cpuset.cpus.effective", first)
	if unmet, err := g.Set(nil); err != nil || len(unmet) > 0 {
		t.Error(unmet, err)
	}
	says(t, g, "cpuset.cpus.effective", all)
}

// What is not there is told, by its name, and stops nothing.
func TestUnmet(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	_, unmet, err := tree.Make("a.1", &specs.LinuxResources{
		Pids: &specs.LinuxPids{Limit: ptr(int64(100))}, Memory: &specs.LinuxMemory{Limit: ptr(int64(64 * mib))},
		Unified: map[string]string{"nosuch.max": "1", "pids.nosuch": "1", "memory.max": "64M of it"},
	})
	if err != nil {
		t.Fatal(err)
	}
	told := make(map[string]error)
	for _, u := range unmet {
		told[u.File] = u.Err
		if u.Controller != strings.Split(u.File, ".")[0] || u.String() == "" {
			t.Errorf("%+v", u)
		}
	}
	if !errors.Is(told["nosuch.max"], ErrNoController) {
		t.Errorf("a controller that there is not: %v", told["nosuch.max"])
	}
	have := strings.Join(tree.Controllers(), " ")
	want := map[string]error{"pids.nosuch": ErrNoController, "memory.max": ErrNoController, "pids.max": ErrNoController}
	if strings.Contains(have, "pids") {
		want["pids.nosuch"], want["pids.max"] = ErrNoFile, nil
	}
	if strings.Contains(have, "memory") {
		want["memory.max"] = unix.EINVAL
	}
	for file, err := range want {
		if !errors.Is(told[file], err) || err == nil && told[file] != nil {
			t.Errorf("%s with %q: %v, want %v", file, have, told[file], err)
		}
	}
	if err := os.Remove(filepath.Join(tree.Path(), "a.1")); err != nil {
		t.Error(err)
	}
}

// The whole run dies of its hunger, and nobody beside it.
func TestOOM(t *testing.T) {
	tree, ok := limited(t, "memory")
	if !ok {
		return
	}
	limit := &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(32 * mib)), Swap: ptr(int64(32 * mib))}}
	beside := make1(t, tree, "b.1", limit)
	sibling, _ := talking(t, beside, "sleep 1000")
	for i := range 5 {
		g := make1(t, tree, fmt.Sprintf("a.%d", i), limit)
		other, _ := talking(t, g, "sleep 1000")
		cmd, ready := eater(t, g, 200*mib)
		if ready {
			t.Fatal("it got more than the limit")
		}
		for _, c := range []*exec.Cmd{cmd, other} {
			_ = c.Wait()
			if ws := c.ProcessState.Sys().(syscall.WaitStatus); ws.Signal() != syscall.SIGKILL {
				t.Errorf("ended by %v", c.ProcessState)
			}
		}
		if n, err := g.OOM(); err != nil || n.Kills == 0 || n.Limit != 32*mib {
			t.Errorf("%+v OOM kills, %v", n, err)
		}
	}
	if n, err := beside.OOM(); err != nil || n.Kills != 0 {
		t.Errorf("%+v OOM kills beside it, %v", n, err)
	}
	if err := sibling.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the sibling: %v", err)
	}
}

// Less than what is in use is refused, with the figures; nobody is killed for it,
// and nothing is changed. What can be taken back is.
func TestLower(t *testing.T) {
	tree, ok := limited(t, "memory")
	if !ok {
		return
	}
	r := func(n int64) *specs.LinuxResources {
		return &specs.LinuxResources{
			Memory:  &specs.LinuxMemory{Limit: ptr(n), Swap: ptr(n)},
			Unified: map[string]string{"memory.high": "262144000"},
		}
	}
	g := make1(t, tree, "a.1", r(300*mib))
	cmd, ready := eater(t, g, 100*mib)
	if !ready {
		t.Fatal("it did not get its memory")
	}
	_, err := g.Set(r(50 * mib))
	var busy *BusyError
	if !errors.As(err, &busy) || busy.Want != 50*mib || busy.Used < 100*mib {
		t.Fatalf("lowered below what is in use: %v", err)
	}
	says(t, g, "memory.max", fmt.Sprint(300*mib))
	says(t, g, "memory.high", "262144000")
	if n, err := g.OOM(); err != nil || n.Kills != 0 {
		t.Errorf("%+v OOM kills, %v", n, err)
	}
	if err := cmd.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("it has ended: %v", err)
	}
	if _, err := g.Set(r(200 * mib)); err != nil {
		t.Error(err)
	}
	says(t, g, "memory.max", fmt.Sprint(200*mib))
}

// Files in memory can be given back: they are no reason to refuse.
func TestLowerBelowFiles(t *testing.T) {
	tree, ok := limited(t, "memory")
	if !ok {
		return
	}
	g := make1(t, tree, "a.1", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(300 * mib))}})
	file := filepath.Join(t.TempDir(), "file")
	cmd, out := talking(t, g, fmt.Sprintf("dd if=/dev/zero of=%s bs=1M count=60 2>/dev/null; sync %s; echo done; sleep 1000", file, file))
	if _, err := out.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if used, err := g.memoryUsed(); err != nil || used < 40*mib {
		t.Skipf("the files of this machine are not in memory: %d, %v", used, err)
	}
	if _, err := g.Set(&specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(20 * mib))}}); err != nil {
		t.Fatal(err)
	}
	says(t, g, "memory.max", fmt.Sprint(20*mib))
	says(t, g, "memory.high", "max")
	if err := cmd.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("it has ended: %v", err)
	}
}

func TestPids(t *testing.T) {
	tree, ok := limited(t, "pids")
	if !ok {
		return
	}
	g := make1(t, tree, "a.1", &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(10))}})
	_, out := talking(t, g, "exec 2>&1; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 1000 & done; echo forked; sleep 1000")
	line, err := out.ReadString('\n')
	if err != nil || !strings.Contains(strings.ToLower(line), "fork") || strings.TrimSpace(line) == "forked" {
		t.Errorf("the shell says %q (%v)", line, err)
	}
	s, err := g.Sample()
	if err != nil || s.Pids == nil || s.Pids.Current > 10 || s.Pids.Limit != 10 {
		t.Errorf("%+v, %v", s.Pids, err)
	}
}
