package rootless

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// A child that ends between making its successor and telling of it (as when both are
// killed at once, with their cgroup) leaves no zombie: it would keep the pid namespace of
// the container from ending.
func TestSuccessorThatNobodyToldOf(t *testing.T) {
	w := newWorld(t)
	h := w.up("p9")
	defer h.Close()
	living := start(t, h, "b/1", "sleep 1000", nil)
	defer living.Pidfd.Close()
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil { // it blocks, unlike os.Pipe's
		t.Fatal(err)
	}
	r, wr := os.NewFile(uintptr(ends[0]), "read"), os.NewFile(uintptr(ends[1]), "write")
	defer r.Close()
	defer wr.Close()
	var p program.Program
	p.HandOver(5) // the pipe: nothing can be sent there, and what reads there waits
	img, err := p.Image(4, UsePortable())
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	c, err := h.Start(Launch{Name: "a/exec-1", Files: []*os.File{null, null, null, img, null, r}, HandOver: 6, Limit: time.Minute, Portable: UsePortable()})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the successor waits", func() bool { return len(childrenBeside(t, living)) == 1 })
	wr.Close()
	eventually(t, "it was collected", func() bool { return len(childrenBeside(t, living)) == 0 })
	if info := <-c.Done; ExitCode(unix.WaitStatus(info.Status)) != 0 {
		t.Errorf("the end of the first: %+v", info)
	}
}

// When the supervisor has died before it could be told of the successor, that ends:
// nobody would ever let it go on.
func TestSuccessorThatNobodyWaitsFor(t *testing.T) {
	w := newWorld(t)
	h := w.up("p9")
	living := start(t, h, "b/1", "sleep 1000", nil)
	defer living.Pidfd.Close()
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil { // it blocks, unlike os.Pipe's
		t.Fatal(err)
	}
	r, wr := os.NewFile(uintptr(ends[0]), "read"), os.NewFile(uintptr(ends[1]), "write")
	defer r.Close()
	defer wr.Close()
	var p program.Program
	p.Do("wait", unix.SYS_READ, 5, make([]byte, 1), 1)
	p.HandOver(6)
	img, err := p.Image(4, UsePortable())
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	started := make(chan error, 1)
	go func() {
		_, err := h.Start(Launch{Name: "a/exec-1", Files: []*os.File{null, null, null, img, null, r}, HandOver: 6, Limit: time.Minute, Portable: UsePortable()})
		started <- err
	}()
	eventually(t, "the first waits", func() bool { return len(childrenBeside(t, living)) == 1 })
	h.Close()
	if err := <-started; err == nil {
		t.Error("it was started")
	}
	next := w.up("p9")
	defer next.Close()
	wr.Close()
	eventually(t, "its successor has ended", func() bool {
		list, err := next.Children()
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(list, func(c *Child) bool { return c.Name == "a/exec-1" })
		return i >= 0 && !list[i].Ended.IsZero() && ExitCode(unix.WaitStatus(list[i].Status)) == 127
	})
	if left := childrenBeside(t, living); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}

// childrenBeside are the other children of a child's parent, zombies too.
func childrenBeside(t *testing.T, c *Child) (pids []string) {
	t.Helper()
	own := field(fmt.Sprint("/proc/self/fdinfo/", c.Pidfd.Fd()), "Pid:")
	parent := field("/proc/"+own+"/status", "PPid:")
	all, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil || parent == "" {
		t.Fatalf("the parent of %q is %q, %v", own, parent, err)
	}
	for _, path := range all {
		if pid := filepath.Base(filepath.Dir(path)); pid != own && field(path, "PPid:") == parent {
			pids = append(pids, pid)
		}
	}
	return pids
}

// field is a line "KEY VALUE" of a file.
func field(path, key string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	_, after, _ := strings.Cut("\n"+string(b), "\n"+key)
	line, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(line)
}
