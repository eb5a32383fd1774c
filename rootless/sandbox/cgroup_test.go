package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/mocker-compose/mocker-compose/internal/capability"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// newGroup makes a cgroup for a container.
func newGroup(t *testing.T) (dir string, f *os.File) {
	t.Helper()
	base, ok := testns.Delegated(t)
	if !ok {
		t.Skip("not in the user namespace of TestMain")
	}
	dir = filepath.Join(base, "web-1.1")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close(); os.Remove(dir) })
	return dir, f
}

// groupOf is what /proc says of a process, seen from here.
func groupOf(t *testing.T, pid int) string {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(line, "0::"); ok {
			return strings.TrimSpace(name)
		}
	}
	return ""
}

// From its first step on it is in its group, which is all that it sees.
func TestBornInCgroup(t *testing.T) {
	privileged := &specs.LinuxCapabilities{Bounding: capability.All(), Permitted: capability.All(), Effective: capability.All()}
	for _, c := range []struct {
		name   string
		change func(*Container)
		want   string
	}{
		{"plain", func(*Container) {}, "/"},
		{"privileged", func(c *Container) { c.Privileged = true; c.Spec.Process.Capabilities = privileged }, "/"},
		{"host network", func(c *Container) { c.NetNS = nil }, "/"},
		{"privileged, host network", func(c *Container) {
			c.NetNS, c.Privileged = nil, true
			c.Spec.Process.Capabilities = privileged
		}, "/"},
		{"cgroup host", func(c *Container) { c.Share.HostCgroup = true }, "web-1.1"},
	} {
		t.Run(c.name, func(t *testing.T) { testBorn(t, c.change, c.want) })
	}
}

func testBorn(t *testing.T, change func(*Container), want string) {
	dir, f := newGroup(t)
	box := hostContainer(t, spec(shell(`exec 2>/dev/null
		sed -n s/^0:://p /proc/self/cgroup
		for d in /sys/fs/cgroup /sys/fs/cgroup/unified; do
			for f in cgroup.procs cgroup.freeze cgroup.subtree_control cgroup.max.depth; do
				test -e $d/$f && (echo 0 > $d/$f) && echo written $d/$f
			done
			test -d $d && mkdir $d/below && echo made $d/below
		done
		grep -c ' - cgroup2 .*' /proc/self/mountinfo
		read line`)))
	change(&box)
	box.Cgroup = f
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	l := launchWith(t, Setup(box), in)
	if _, failed := l.report(t); failed != "" {
		t.Fatal(failed)
	}
	if got := groupOf(t, l.pid); !strings.HasSuffix(got, "/"+filepath.Base(filepath.Dir(dir))+"/web-1.1") {
		t.Errorf("it is in %s", got)
	}
	w.Close()
	out, _, _ := l.finish(t)
	if got, _, _ := strings.Cut(out, "\n"); !strings.HasSuffix(got, want) || want == "/" && got != "/" {
		t.Errorf("inside it is in %q", got)
	}
	if strings.Contains(out, "written") || strings.Contains(out, "made") {
		t.Errorf("a cgroup can be changed from inside:\n%s", out)
	}
}

// A command is born in the group of the container, and sees it as the container does.
func TestCommandInCgroup(t *testing.T) {
	dir, f := newGroup(t)
	box := hostContainer(t, spec(shell("echo up; read line")))
	box.Cgroup = f
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	l := launchWith(t, Setup(box), in)
	if _, failed := l.report(t); failed != "" {
		t.Fatal(failed)
	}
	hold, release, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Close()
	cmd := launchWith(t, Join(Command{Process: shell("sed -n s/^0:://p /proc/self/cgroup; read line"), Pidfd: l.pidfd, SingleID: true, Cgroup: f}), hold)
	if got := groupOf(t, cmd.pid); !strings.HasSuffix(got, "/"+filepath.Base(filepath.Dir(dir))+"/web-1.1") {
		t.Errorf("it is in %s", got)
	}
	release.Close()
	if out, failed, _ := cmd.finish(t); out != "/\n" || failed != "" {
		t.Errorf("inside it is in %q (%s)", out, failed)
	}
	w.Close()
	l.finish(t)
}

// With all capabilities it can mount the hierarchy anew, and still sees and changes
// nothing but its own group and those that it makes below.
func TestPrivilegedMountsCgroup(t *testing.T) {
	dir, f := newGroup(t)
	s := spec(shell(`exec 2>/dev/null
		mkdir /tmp/c && mount -t cgroup2 none /tmp/c || echo not mounted
		ls -d /tmp/c/*.slice /tmp/c/holder && echo outside seen
		mkdir /tmp/c/below && echo 0 > /tmp/c/below/cgroup.procs && sed -n s/^0:://p /proc/self/cgroup
		mount -o remount,bind,rw /sys/fs/cgroup && ls /sys/fs/cgroup/below/cgroup.procs`))
	s.Process.Capabilities = &specs.LinuxCapabilities{Bounding: capability.All(), Permitted: capability.All(), Effective: capability.All()}
	box := hostContainer(t, s)
	box.Cgroup, box.Privileged = f, true
	out, failed, _ := run(t, Setup(box))
	if want := "/below\n/sys/fs/cgroup/below/cgroup.procs\n"; out != want || failed != "" {
		t.Errorf("%q, want %q (%s)", out, want, failed)
	}
	if err := os.Remove(filepath.Join(dir, "below")); err != nil {
		t.Error(err)
	}
}
