package stepgroup

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/testns"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// idle is a process that does nothing, in a cgroup or in ours, and ends with the test.
func idle(t *testing.T, group *os.File) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sleep", "1000")
	if group != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: wire.FD(group)}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func end(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // in vain if it has ended
	_ = cmd.Wait()
}

// ownGroup is the cgroup of this process, as the kernel names it.
func ownGroup(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	_, name, _ := strings.Cut("\n"+string(b), "\n0::")
	name, _, _ = strings.Cut(name, "\n")
	return name
}

func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			list = append(list, e.Name())
		}
	}
	return list
}

// A step runs in a group of its own, which ends all that is in it; the subtree goes with
// the worker, and that of a worker that was killed goes with the next.
func TestGroups(t *testing.T) {
	dir, ok := testns.Delegated(t)
	if !ok {
		return
	}
	t.Setenv(delegate.HandOver, dir)
	home := filepath.Join(filepath.Dir(dir), filepath.Base(ownGroup(t)))
	holder := idle(t, nil)
	cfg := Config{Dir: filepath.Join(t.TempDir(), "builds"), Holder: holder.Process.Pid}
	killed := Open(cfg)
	g, err := killed.Make(t.Context())
	if err != nil || g == nil {
		t.Fatalf("%v, %v: %s", g, err, killed.Why())
	}
	left := idle(t, g.Dir())
	if tops := names(t, dir); len(tops) != 1 || !strings.HasPrefix(tops[0], "mocker-compose-build-") {
		t.Fatalf("in %s there are %q", dir, tops)
	}
	if in := names(t, filepath.Join(dir, names(t, dir)[0])); len(in) != 2 || in[1] != "step-1" {
		t.Errorf("the groups are %q", in)
	}
	if g.Starved() {
		t.Error("nobody was killed for want of memory")
	}
	// As the death of its process, of which the test's is spared.
	if err := os.WriteFile(filepath.Join(home, "cgroup.procs"), []byte("0"), 0); err != nil {
		t.Fatal(err)
	}
	killed.held.Close()
	end(holder)

	holder = idle(t, nil)
	defer end(holder)
	cfg.Holder = holder.Process.Pid
	k := Open(cfg)
	if g, err = k.Make(t.Context()); err != nil || g == nil {
		t.Fatalf("%v, %v: %s", g, err, k.Why())
	}
	if err := left.Wait(); err == nil || left.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("what a killed worker has left ended with %v", err)
	}
	if tops := names(t, dir); len(tops) != 1 {
		t.Errorf("in %s there are %q", dir, tops)
	}
	step := idle(t, g.Dir())
	if err := g.End(); err != nil {
		t.Error(err)
	}
	if err := step.Wait(); err == nil {
		t.Error("the step's process ended by itself")
	}
	end(holder)
	if err := k.Close(); err != nil {
		t.Error(err)
	}
	if tops := names(t, dir); len(tops) != 0 {
		t.Errorf("in %s there are %q", dir, tops)
	}
	if files, err := os.ReadDir(cfg.Dir); err != nil || len(files) > 0 {
		t.Errorf("records: %v, %v", files, err)
	}
	_ = killed.tree.Close()
}

// Without a place for groups a build goes on, and why is known.
func TestWithout(t *testing.T) {
	t.Setenv("MOCKER_FORCE_NO_CGROUP", "1")
	k := Open(Config{Dir: filepath.Join(t.TempDir(), "builds"), Holder: os.Getpid()})
	if g, err := k.Make(t.Context()); g != nil || err != nil {
		t.Errorf("%v, %v", g, err)
	}
	if why := k.Why(); !strings.Contains(why, "MOCKER_FORCE_NO_CGROUP is set") || !strings.Contains(why, "to change that: ") {
		t.Errorf("%q", why)
	}
	record := k.record
	if err := k.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(record); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its record is left: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	hangs := &Keeper{ready: make(chan struct{})}
	if _, err := hangs.Make(ctx); !errors.Is(err, context.Canceled) || hangs.Why() != "" {
		t.Errorf("who is asked before it is known: %v, %q", err, hangs.Why())
	}
}
