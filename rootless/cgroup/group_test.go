package cgroup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// within bounds a test's wait against a hang.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestBirth(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	g := make1(t, tree, "a.1", nil)
	_, out := talking(t, g, "cat /proc/self/cgroup; sleep 1000")
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			if !strings.HasSuffix(name, filepath.Base(tree.Path())+"/a.1") {
				t.Errorf("born in %s", name)
			}
			break
		}
	}
	if populated, err := g.Populated(); err != nil || !populated {
		t.Errorf("populated: %v, %v", populated, err)
	}
	if pids, _ := pidsAt(tree.dir, "cgroup.procs"); len(pids) != 0 {
		t.Errorf("%v are in the inner node", pids)
	}
}

func TestFreeze(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	g := make1(t, tree, "a.1", nil)
	_, out := talking(t, g, "while :; do echo tick; done")
	if err := g.Freeze(within(t)); err != nil {
		t.Fatal(err)
	}
	if frozen, err := g.Frozen(); err != nil || !frozen {
		t.Errorf("frozen: %v, %v", frozen, err)
	}
	if err := g.Freeze(within(t)); err != nil {
		t.Errorf("once more: %v", err)
	}
	drained := make(chan struct{})
	go func() { // what is in the pipe comes, and what is buffered, then nothing
		defer close(drained)
		for range 128 << 10 {
			if _, err := out.ReadByte(); err != nil {
				return
			}
		}
	}()
	select {
	case <-drained:
		t.Error("a frozen process has written on")
	case <-time.After(200 * time.Millisecond):
	}
	if err := g.Thaw(within(t)); err != nil {
		t.Fatal(err)
	}
	<-drained
}

func TestWaitsEnd(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	g := make1(t, tree, "a.1", nil)
	talking(t, g, "sleep 1000")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := g.await(ctx, "populated", 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("await: %v", err)
	}
}

// Frozen, deaf to signals, in groups below: all of it ends.
func testKill(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	for _, c := range []struct {
		name, line string
		frozen     bool
	}{
		{"plain", "sleep 1000", false},
		{"deaf", "trap '' TERM INT HUP; sleep 1000; sleep 1000", false},
		{"stopped", "sh -c 'kill -STOP $$' & kill -STOP $$; sleep 1000", false},
		{"setsid", "setsid sleep 1000 & setsid setsid sleep 1000 & sleep 1000", false},
		{"frozen", "while :; do :; done", true},
	} {
		g := make1(t, tree, c.name+".1", nil)
		cmd, _ := talking(t, g, c.line)
		if c.frozen {
			if err := g.Freeze(within(t)); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.Kill(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if err := g.await(within(t), "populated", 0); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		_ = cmd.Wait()
		if err := g.Remove(within(t)); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if err := g.Remove(within(t)); err != nil {
			t.Errorf("%s once more: %v", c.name, err)
		}
	}
}

func TestKill(t *testing.T) { testKill(t) }

func TestKillBySignals(t *testing.T) {
	killFile = "cgroup.kill.not"
	defer func() { killFile = "cgroup.kill" }()
	testKill(t)
}

// What is burnt, held and waited for is seen; a group that is gone is told.
func TestSample(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	g := make1(t, tree, "a.1", nil)
	talking(t, g, "while :; do :; done")
	first, err := g.Sample()
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	second := first
	for second.CPU.Usage <= first.CPU.Usage && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
		if second, err = g.Sample(); err != nil {
			t.Fatal(err)
		}
	}
	if second.CPU.Usage <= first.CPU.Usage || !second.At.After(first.At) {
		t.Errorf("%+v, then %+v", first, second)
	}
	have := strings.Join(tree.Controllers(), " ")
	if there := strings.Contains(have, "memory"); there != (second.Memory != nil) || there && (second.Memory.Current == 0 || second.Memory.Limit != Max) {
		t.Errorf("with %q memory is %+v", have, second.Memory)
	}
	if there := strings.Contains(have, "pids"); there != (second.Pids != nil) || there && second.Pids.Current != 1 {
		t.Errorf("with %q pids is %+v", have, second.Pids)
	}
	_, err = os.Stat(filepath.Join(tree.Path(), "a.1/cpu.pressure"))
	if (err == nil) != (second.CPUPressure != nil) {
		t.Errorf("cpu.pressure: %v, and %+v", err, second.CPUPressure)
	}
	g.Rest()
	if s, err := g.Sample(); err != nil || s.CPU.Usage < second.CPU.Usage {
		t.Errorf("after a rest: %+v, %v", s, err)
	}
	if err := g.Remove(within(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Sample(); err == nil {
		t.Error("a group that is gone has a sample")
	}
}

// Whoever still has a group that was removed, or closed, is told that it is gone, and
// no number of a descriptor that is somebody else's by then is used.
func TestGone(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	g := make1(t, tree, "a.1", nil)
	again, err := tree.Group("a.1")
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if g.Gone() || again.Gone() {
		t.Error("one that is there")
	}
	if err := g.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, g := range []*Group{g, again} {
		if err := g.Kill(); err != nil || !g.Gone() {
			t.Errorf("killed when it was removed: %v, gone: %t", err, g.Gone())
		}
		if _, err := g.Set(nil); err == nil {
			t.Error("limits of a group that was removed")
		}
	}
	if _, err := readAt(g.dir, "cgroup.events"); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a closed directory: %v", err)
	}
}

// Clear leaves the group, and nothing in it.
func TestClear(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	g := make1(t, tree, "a.1", nil)
	if err := os.MkdirAll(g.dir.Name()+"/b/c", 0o755); err != nil {
		t.Fatal(err)
	}
	born(t, g, "echo $$ >"+g.dir.Name()+"/b/c/cgroup.procs; sleep 1000")
	if err := g.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names, err := children(g.dir); err != nil || len(names) > 0 {
		t.Errorf("left: %q %v", names, err)
	}
	if populated, err := g.Populated(); err != nil || populated {
		t.Errorf("populated: %t, %v", populated, err)
	}
}
