package rootless

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/testns"
	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// Children are born in the cgroup that comes with the launch: in both ways of running
// a program, and also who is handed over to, whose way there is through our memory's
// copy. Who comes without one is where the holder is.
func TestLaunchIntoCgroup(t *testing.T) {
	base, ok := testns.Delegated(t)
	if !ok {
		return
	}
	dir, group := newGroup(t, base)
	h := newWorld(t).up("p1")
	defer h.Close()
	own := "/" + filepath.Base(base) + "/web-1.1\n"
	for _, c := range []struct {
		portable, handOver bool
		group              *os.File
	}{{false, false, group}, {false, true, group}, {true, false, group}, {true, true, group}, {false, false, nil}} {
		name := fmt.Sprintf("portable=%v,handover=%v,group=%v", c.portable, c.handOver, c.group != nil)
		t.Run(name, func(t *testing.T) {
			out := launchInto(t, h, name, c.portable, c.handOver, c.group)
			if strings.HasSuffix(out, own) != (c.group != nil) {
				t.Errorf("born in %q", out)
			}
		})
	}
	if b, err := os.ReadFile(filepath.Join(dir, "cgroup.procs")); err != nil || len(b) != 0 {
		t.Errorf("left in there: %q, %v", b, err)
	}
}

// newGroup makes the group of a run below base.
func newGroup(t *testing.T, base string) (dir string, group *os.File) {
	t.Helper()
	dir = filepath.Join(base, "web-1.1")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(dir) })
	group, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { group.Close() })
	return dir, group
}

// launchInto returns what the child says of its cgroup.
func launchInto(t *testing.T, h *HolderClient, name string, portable, handOver bool, group *os.File) string {
	t.Helper()
	var p program.Program
	l := Launch{Name: name, Portable: portable, Cgroup: group, Limit: 20 * time.Second}
	if handOver {
		l.HandOver = 5
		p.HandOver(l.HandOver)
	}
	p.Do("close", unix.SYS_CLOSE_RANGE, 3, uint32(0xffffffff), unix.CLOSE_RANGE_CLOEXEC)
	p.Do("unblock", unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, make([]byte, 8), 0, 8)
	p.Do("execute", unix.SYS_EXECVE, "/bin/sh", []string{"sh", "-c", "sed -n s/^0:://p /proc/self/cgroup; exit 3"}, []string{"PATH=/bin:/usr/bin"})
	img, err := p.Image(4, portable)
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	l.Files = []*os.File{null, w, null, img, null}
	c, err := h.Start(l)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	out, _ := io.ReadAll(r)
	if info, ok := <-c.Done; !ok || unix.WaitStatus(info.Status).ExitStatus() != 3 {
		t.Errorf("ended as %+v", info)
	}
	_ = h.Release(c)
	return string(out)
}
