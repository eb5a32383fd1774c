package testns

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestIsolated(t *testing.T) {
	if !Isolated(t, Mount|PID|Net|UTS) {
		return
	}
	if os.Getpid() != 1 || os.Getuid() != 0 {
		t.Errorf("pid %d, uid %d: want 1 and 0", os.Getpid(), os.Getuid())
	}
	if self, err := os.Readlink("/proc/self"); err != nil || self != "1" {
		t.Errorf("/proc/self -> %q, %v: /proc is of another pid namespace", self, err)
	}
	if err := unix.Sethostname([]byte("inside")); err != nil {
		t.Errorf("set the host name: %v", err)
	}
	if links, err := net.Interfaces(); err != nil || len(links) != 1 {
		t.Errorf("links %v, %v: want lo alone", links, err)
	}
}

func TestReasonOfASkip(t *testing.T) {
	const out = "=== RUN   TestX\n    x_test.go:3: no such thing: install it\n--- SKIP: TestX (0.00s)\nPASS\n"
	if got, want := skipLines(out), "x_test.go:3: no such thing: install it"; got != want {
		t.Errorf("reason %q, want %q", got, want)
	}
}

// The census must see each kind of thing that may leak: a check that finds
// nothing proves something only then.
func TestCensusSees(t *testing.T) {
	RequireUserNamespaces(t)
	dir := t.TempDir()
	scope := NewScope("MOCKER_TESTNS_COOKIE=1", dir)
	scope.Keep = []string{"kept"}
	before := Take(scope)

	sandbox := exec.CommandContext(t.Context(), "sleep", "60")
	sandbox.SysProcAttr = singleID(Net)
	marked := exec.CommandContext(t.Context(), "sleep", "60")
	marked.Env = append(os.Environ(), "MOCKER_TESTNS_COOKIE=1")
	for _, cmd := range []*exec.Cmd{sandbox, marked} {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer cmd.Process.Kill()
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	sock, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	for _, f := range []string{"kept/a", "p/name/file"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, f)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, f), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	// Right after the start a child has not yet executed: its environment is ours.
	deadline := time.Now().Add(10 * time.Second)
	want := []string{"process", "user namespace", "net namespace", "tcp socket", "unix socket", "p/name/file", "p/name"}
	for {
		strays := strings.Join(Strays(before, Take(scope)), "\n")
		missing := ""
		for _, w := range want {
			if !strings.Contains(strays, w) {
				missing = w
			}
		}
		if strings.Count(strays, "\"sleep 60\"") < 2 {
			missing = "both processes"
		}
		if strings.Contains(strays, "kept") {
			t.Fatalf("what may stay was counted:\n%s", strays)
		}
		if missing == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the census does not see: %s\n%s", missing, strays)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestCensusOfMounts(t *testing.T) {
	if !Isolated(t, Mount) {
		return
	}
	dir := t.TempDir()
	scope := NewScope("", dir)
	before := Take(scope)
	target := t.TempDir()
	if err := unix.Mount("none", target, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	strays := Strays(before, Take(scope))
	if len(strays) != 1 || !strings.Contains(strays[0], target) {
		t.Errorf("strays %v, want the mount on %s", strays, target)
	}
	if err := unix.Unmount(target, 0); err != nil {
		t.Fatal(err)
	}
	Clean(t, scope, before, time.Second)
}

func TestSubIDs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "subuid")
	if err := os.WriteFile(path, []byte("ann:100000:65536\n1001:300000:10\nann:400000:5\nbad\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, uid string
		want      int
	}{{"ann", "1000", 2}, {"bob", "1001", 1}, {"eve", "1002", 0}} {
		got, err := subIDs(path, c.name, c.uid)
		if len(got) != c.want || (err != nil) != (c.want == 0) {
			t.Errorf("%s: %v, %v, want %d ranges", c.name, got, err, c.want)
		}
	}
}
