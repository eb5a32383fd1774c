package cgroup

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// openTestTree is a tree of a plain user's; ok is false if the test is over here.
func openTestTree(t *testing.T) (*Tree, bool) {
	t.Helper()
	dir, ok := testns.Delegated(t)
	if !ok {
		return nil, false
	}
	tree, err := OpenTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return tree, true
}

func make1(t *testing.T, tree *Tree, name string, r *specs.LinuxResources) *Group {
	t.Helper()
	g, unmet, err := tree.Make(name, r)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range unmet {
		t.Log("unmet:", u)
	}
	t.Cleanup(func() {
		if err := g.Remove(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return g
}

// born starts a shell line in a group.
func born(t *testing.T, g *Group, line string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", line)
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(g.Dir().Fd())}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _, _ = cmd.Process.Wait() })
	return cmd
}

// talking is born, and has said something.
func talking(t *testing.T, g *Group, line string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", "echo ready; "+line)
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(g.Dir().Fd())}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _, _ = cmd.Process.Wait() })
	r := bufio.NewReader(out)
	if _, err := r.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return cmd, r
}

func TestTree(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	have, _ := readAt(tree.dir, "cgroup.controllers")
	want := strings.Fields(have)
	got := tree.Controllers()
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("enabled %v, there are %v", got, want)
	}
	make1(t, tree, "a.1", nil)
	make1(t, tree, "b.1", nil)
	names, err := tree.Groups()
	if err != nil || !slices.Equal(names, []string{"a.1", "b.1"}) {
		t.Errorf("groups %v, %v", names, err)
	}
	if _, err := tree.Group("c.1"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a group that is not there: %v", err)
	}
	for _, bad := range []string{"", ".", "..", "a/b", HolderName, "a\nb"} {
		if _, _, err := tree.Make(bad, nil); err == nil {
			t.Errorf("made %q", bad)
		}
	}
}

func TestTreeIsNoCgroup(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenTree(dir); err == nil || !strings.Contains(err.Error(), "no directory of the cgroup v2 hierarchy") {
		t.Errorf("opened %s: %v", dir, err)
	}
	if _, err := os.Stat(filepath.Join(dir, HolderName)); err == nil {
		t.Error("it has made something there")
	}
}

// Controllers come when the last process has left D, not before.
func TestProcessInTree(t *testing.T) {
	dir, ok := testns.Delegated(t)
	if !ok {
		return
	}
	d, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	cmd := exec.Command("sleep", "1000")
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(d.Fd())}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := func() { _ = cmd.Process.Kill(); _, _ = cmd.Process.Wait() }
	defer end()
	tree, err := OpenTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	if got := tree.Controllers(); len(got) != 0 {
		t.Errorf("%v are enabled while a process is in D", got)
	}
	end()
	have, _ := readAt(tree.dir, "cgroup.controllers")
	if got := tree.Controllers(); len(got) != len(strings.Fields(have)) {
		t.Errorf("%v are enabled, there are %s", got, have)
	}
}

// Who is root inside may bury himself so deep only that we can take it apart.
func TestDeep(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	g := make1(t, tree, "a.1", nil)
	dir, depth := g.dir.Name(), 0
	var err error
	for ; err == nil && depth < 200; depth++ {
		dir += "/x"
		err = os.Mkdir(dir, 0o755)
	}
	if err == nil || depth < 10 {
		t.Errorf("%d levels were made: %v", depth, err)
	}
	if err := g.Remove(within(t)); err != nil {
		t.Error(err)
	}
}

// A leftover of the same name, with processes and groups of its own, is replaced.
func TestLeftover(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	old := make1(t, tree, "a.1", nil)
	if err := os.MkdirAll(filepath.Join(tree.Path(), "a.1/x/y"), 0o755); err != nil {
		t.Fatal(err)
	}
	below := &Group{dir: old.dir, tree: old.dir, name: "x"}
	fd, err := openAt(old.dir, "x", dirFlags)
	if err != nil {
		t.Fatal(err)
	}
	below.dir = os.NewFile(uintptr(fd), "x")
	defer below.dir.Close()
	cmd, _ := talking(t, below, "sleep 1000")
	fresh := make1(t, tree, "a.1", nil)
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("the leftover's process ended by %v", cmd.ProcessState)
	}
	if populated, err := fresh.Populated(); err != nil || populated {
		t.Errorf("populated: %v, %v", populated, err)
	}
	if err := born(t, fresh, "exit 7").Wait(); err == nil || !strings.Contains(err.Error(), "7") {
		t.Errorf("in the fresh group: %v", err)
	}
}
