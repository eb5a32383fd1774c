package cgroup

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// rounds is how often a test does what it does: MOCKER_TEST_KILLS, or few.
func rounds(t *testing.T, few int) int {
	t.Helper()
	text := os.Getenv("MOCKER_TEST_KILLS")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// storm forks as fast as it can, in several sessions, and leaves orphans; its
// children end, so that it does not grow without end where there is no limit.
const storm = `trap '' TERM INT HUP
for i in 1 2 3 4; do
	setsid sh -c 'trap "" TERM; while :; do (setsid sh -c ":" &); done' &
done
while :; do (: &); done`

// Nothing gets away: neither what is being forked while the group is killed, nor
// the group itself, which cannot be removed as long as somebody is in it.
func testStorm(t *testing.T, few int) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	for i := range rounds(t, few) {
		g := make1(t, tree, fmt.Sprintf("storm.%d", i), nil)
		cmd, _ := talking(t, g, storm)
		time.Sleep(time.Duration(i%5) * 5 * time.Millisecond) // killed at different moments of it
		if err := g.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := g.await(within(t), "populated", 0); err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
		if pids, err := pidsAt(g.dir, "cgroup.procs"); err != nil || len(pids) != 0 {
			t.Fatalf("round %d: %v are left (%v)", i, pids, err)
		}
		_ = cmd.Wait()
		if err := g.Remove(within(t)); err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
	}
	if names, err := tree.Groups(); err != nil || len(names) != 0 {
		t.Errorf("%v are left (%v)", names, err)
	}
}

func TestStorm(t *testing.T) { testStorm(t, 20) }

// Without cgroup.kill the same holds, for the group is frozen first.
func TestStormBySignals(t *testing.T) {
	killFile = "cgroup.kill.not"
	defer func() { killFile = "cgroup.kill" }()
	testStorm(t, 10)
}

// The kernel's fact for which no group is used twice: who is born into a group that
// was killed dies of it, and in a new directory of the same name nobody does.
func TestBirthAfterKill(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	g := make1(t, tree, "a.1", nil)
	birth := func(g *Group) error {
		cmd := exec.Command("/bin/true")
		cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(g.Dir().Fd())}
		return cmd.Run()
	}
	if err := birth(g); err != nil {
		t.Fatalf("before: %v", err)
	}
	if err := g.Kill(); err != nil {
		t.Fatal(err)
	}
	survived := birth(g) == nil
	fresh := make1(t, tree, "a.1", nil)
	for range 20 {
		if err := birth(fresh); err != nil {
			t.Fatalf("in the fresh group: %v", err)
		}
	}
	if survived {
		t.Skip("this kernel lets processes be born into a killed group")
	}
}

// The next supervisor finds what the last one has made: groups by their names, with
// their limits, their processes and what was counted; frozen ones frozen.
func TestAdoption(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	g := make1(t, tree, "a.1", nil)
	cmd, _ := talking(t, g, "sleep 1000")
	if err := g.Freeze(within(t)); err != nil {
		t.Fatal(err)
	}
	next, err := OpenTree(tree.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	names, err := next.Groups()
	if err != nil || len(names) != 1 || names[0] != "a.1" {
		t.Fatalf("groups %v, %v", names, err)
	}
	found, err := next.Group("a.1")
	if err != nil {
		t.Fatal(err)
	}
	if frozen, err := found.Frozen(); err != nil || !frozen {
		t.Errorf("frozen: %v, %v", frozen, err)
	}
	if _, err := found.Set(nil); err != nil {
		t.Error(err)
	}
	if err := found.Thaw(within(t)); err != nil {
		t.Error(err)
	}
	if _, err := found.Sample(); err != nil {
		t.Error(err)
	}
	if err := found.Remove(within(t)); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait()
}
