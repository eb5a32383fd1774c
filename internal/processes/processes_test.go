package processes

import (
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"
	"time"
)

// tree is a /proc of files.
func tree(t *testing.T, files map[string]string, links map[string]string) FS {
	t.Helper()
	dir := t.TempDir()
	parent := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, text := range files {
		if err := os.WriteFile(parent(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range links {
		if err := os.Symlink(to, parent(name)); err != nil {
			t.Fatal(err)
		}
	}
	return FS(dir)
}

func TestMembers(t *testing.T) {
	fs := tree(t, map[string]string{"stat": "", "net/dev": ""}, map[string]string{
		"10/ns/pid": "pid:[1]", "12/ns/pid": "pid:[1]", "9/ns/pid": "pid:[1]",
		"20/ns/pid": "pid:[2]", "1/ns/pid": "pid:[0]", "self/ns/pid": "pid:[1]",
	})
	got, err := fs.Members([]int{10, 20, 99})
	want := map[int][]int{10: {9, 10, 12}, 20: {20}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}

func TestMembersOfSharedNamespaces(t *testing.T) {
	fs := tree(t, map[string]string{"10/status": "NSpid:\t10\t5\t1\n", "20/status": "NSpid:\t20\t6\t2\n", "30/status": "NSpid:\t30\t7\n"}, map[string]string{
		"10/ns/pid": "pid:[1]", "10/ns/mnt": "mnt:[1]", "11/ns/pid": "pid:[1]", "11/ns/mnt": "mnt:[1]",
		"20/ns/pid": "pid:[1]", "20/ns/mnt": "mnt:[2]", "21/ns/pid": "pid:[1]", "21/ns/mnt": "mnt:[2]",
		"30/ns/pid": "pid:[0]", "30/ns/mnt": "mnt:[3]", "31/ns/pid": "pid:[0]", "31/ns/mnt": "mnt:[0]",
	})
	for _, c := range []struct {
		first []int
		want  map[int][]int
	}{
		{[]int{10, 20, 30}, map[int][]int{10: {10, 11}, 20: {20, 21}, 30: {30}}},
		{[]int{20}, map[int][]int{20: {20, 21}}},
	} {
		if got, err := fs.Members(c.first); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %v, %v; want %v", c.first, got, err, c.want)
		}
	}
}

func TestDescribe(t *testing.T) {
	boot := time.Unix(1_700_000_000, 0)
	stat := func(pid int, name, tty string) string {
		return strconv.Itoa(pid) + " (" + name + ") S 4 5 6 " + tty + " -1 4194560 1 2 3 4 150 50 7 8 20 0 1 0 1000 9 9\n"
	}
	status := "Name:\tx\nUid:\t100000\t100033\t100033\t100033\n"
	fs := tree(t, map[string]string{
		"stat":   "cpu 1 2\nbtime 1700000000\n",
		"7/stat": stat(7, "a) S 1 (b", "34817"), "7/status": status, "7/cmdline": "sh\x00-c\x00echo \x1b[1m\xff\n\x00", "7/uid_map": "0 1000 1\n1 100001 65535\n",
		"8/stat": stat(8, "kworker\n", "0"), "8/status": status, "8/cmdline": "", "8/uid_map": "0 1000 1\n",
		"9/stat": "9 (x) S 1\n", "9/status": status, "9/cmdline": "", "9/uid_map": "",
	}, nil)
	now := boot.Add(30 * time.Second)
	want := Process{UID: 33, PID: 7, PPID: 4, CPU: 10, Started: boot.Add(10 * time.Second), TTY: "pts/1", Time: 2 * time.Second, Command: "sh -c echo ?[1m??"}
	if got, err := fs.Describe(7, now); err != nil || got != want {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
	want = Process{UID: overflow, PID: 8, PPID: 4, CPU: 10, Started: want.Started, TTY: "?", Time: want.Time, Command: "[kworker?]"}
	if got, err := fs.Describe(8, now); err != nil || got != want {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
	for _, pid := range []int{9, 10} {
		if got, err := fs.Describe(pid, now); err == nil {
			t.Errorf("process %d: %+v, want an error", pid, got)
		}
	}
}

func TestTerminal(t *testing.T) {
	for dev, want := range map[uint32]string{
		0: "?", 136 << 8: "pts/0", 136<<8 | 255: "pts/255", 137 << 8: "pts/256",
		4<<8 | 1: "tty1", 4<<8 | 64: "?", 1<<8 | 3: "?",
	} {
		if got := terminal(dev); got != want {
			t.Errorf("terminal(%#x) = %s, want %s", dev, got, want)
		}
	}
}

// TestSelf: what the kernel really writes can be read.
func TestSelf(t *testing.T) {
	pid := os.Getpid()
	p, err := Host.Describe(pid, time.Now())
	if err != nil || p.PPID != os.Getppid() || p.UID != uint32(os.Getuid()) || time.Since(p.Started) > 24*time.Hour {
		t.Errorf("%+v, %v", p, err)
	}
	m, err := Host.Members([]int{pid})
	if err != nil || len(m[pid]) == 0 {
		t.Errorf("%v, %v", m, err)
	}
}
