package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/capability"
	"github.com/mocker-compose/mocker-compose/internal/exchange"
)

// TestMain runs the tests as root of a user namespace with one id, pid 1 of a
// pid namespace: what a project holder is.
func TestMain(m *testing.M) {
	if os.Getenv(hunterEnv) != "" {
		hunt()
		os.Exit(0)
	}
	if os.Getenv("SANDBOX_TEST_INSIDE") != "" {
		signal.Ignore(unix.SIGHUP, unix.SIGINT, unix.SIGUSR1, unix.Signal(40)) // as below nohup: must not be passed on
		if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
			fmt.Println("mount /proc:", err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), "SANDBOX_TEST_INSIDE=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	if err := cmd.Start(); err != nil {
		fmt.Printf("SKIP: no user namespaces here: %v\n", err)
		os.Exit(0)
	}
	_ = cmd.Wait()
	os.Exit(cmd.ProcessState.ExitCode())
}

func shell(line string) *specs.Process {
	caps := capability.Default
	return &specs.Process{
		Args: []string{"sh", "-c", line}, Cwd: "/", Env: []string{"PATH=" + DefaultPath},
		Capabilities: &specs.LinuxCapabilities{Bounding: caps, Permitted: caps, Effective: caps},
	}
}

func spec(p *specs.Process) *specs.Spec {
	return &specs.Spec{
		Hostname: "box", Process: p, Root: &specs.Root{},
		Linux: &specs.Linux{MaskedPaths: MaskedPaths, ReadonlyPaths: ReadonlyPaths},
	}
}

// newNet makes a net namespace on a thread of its own.
func newNet(t testing.TB) *os.File {
	t.Helper()
	done := make(chan *os.File)
	go func() {
		lockThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Error(err)
		}
		f, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			t.Error(err)
		}
		done <- f
	}()
	f := <-done
	t.Cleanup(func() { f.Close() })
	return f
}

func hostContainer(t testing.TB, s *specs.Spec) Container {
	t.Helper()
	return Container{Spec: s, MountPoint: t.TempDir(), NetNS: newNet(t), SingleID: true}
}

func TestInside(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"echo $$", "1"},
		{"hostname", "box"},
		{"grep ^Cap /proc/self/status | tr -d '\\n\\t'", "CapInh:0000000000000000CapPrm:00000000a80425fbCapEff:00000000a80425fbCapBnd:00000000a80425fbCapAmb:0000000000000000"},
		{"grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\n\\t'", "SigBlk:0000000000000000SigIgn:0000000000000000"},
		{"ls /proc/self/fd | tr '\\n' ' '", "0 1 2 3 "}, // 3 is ls's own
		{"cat /proc/keys /proc/interrupts | wc -c", "0"},
		{"ls /sys/firmware | wc -l", "0"},
		{"echo 1 > /proc/sys/kernel/hostname || echo refused", "refused"},
		{"echo x > /dev/null && head -c4 /dev/zero | wc -c", "4"},
		{"touch /etc/planted || echo refused", "refused"},
		{"touch /usr/planted || echo refused", "refused"},
		{"touch /tmp/x && stat -c %a /tmp /dev /dev/shm | tr '\\n' ' '", "1777 755 1777 "},
		{"mount -t tmpfs x /tmp 2>/dev/null || echo refused", "refused"},
		{"umount /proc/keys 2>/dev/null || echo refused", "refused"},
		{"readlink /dev/fd /dev/stdout /dev/ptmx | tr '\\n' ' '", "/proc/self/fd /proc/self/fd/1 pts/ptmx "},
		{"umask", "0022"},
		{"ls -A /run | wc -l", "0"},
		{"touch /planted || echo refused", "refused"},
		{"cat /proc/1/cgroup | grep -c '/\\.\\.' ", "0"},
	} {
		t.Run(c.line, func(t *testing.T) {
			out, failed, _ := run(t, Setup(hostContainer(t, spec(shell("exec 2>/dev/null; "+c.line)))))
			if failed != "" {
				t.Fatal(failed)
			}
			if got := strings.TrimSuffix(out, "\n"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestMounts(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := spec(shell("cat /data/f /run/deep/er/f /one; echo new > /data/g; echo no > /ro/h || echo ro; df /mem | tail -n1 | awk '{print $2}'"))
	s.Mounts = []specs.Mount{
		{Type: "bind", Source: dir, Destination: "/data", Options: []string{"rbind"}},
		{Type: "bind", Source: dir, Destination: "/ro", Options: []string{"rbind", "ro"}},
		{Type: "bind", Source: filepath.Join(dir, "f"), Destination: "/run/deep/er/f", Options: []string{"rbind"}},
		{Type: "bind", Source: filepath.Join(dir, "f"), Destination: "/one", Options: []string{"rbind"}},
		{Type: "tmpfs", Destination: "/mem", Options: []string{"size=1048576"}},
	}
	out, failed, _ := run(t, Setup(hostContainer(t, s)))
	if failed != "" {
		t.Fatal(failed)
	}
	if !strings.HasPrefix(out, "hellohellohello") || !strings.Contains(out, "ro\n1024") {
		t.Errorf("got %q", out)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "g")); err != nil || string(b) != "new\n" {
		t.Errorf("file written inside: %q %v", b, err)
	}
}

// TestRoom: mount points that the host lacks, below directories that it has.
func TestRoom(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte("in"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := spec(shell("cat /var/no-such/deep/er/f /opt/no-such-file /var/no-such-too/f; ls -d /var/lib /var/log | wc -l; touch /var/x || echo refused; touch /var/lib/x || echo refused"))
	s.Mounts = []specs.Mount{
		{Type: "bind", Source: dir, Destination: "/var/no-such/deep/er", Options: []string{"rbind"}},
		{Type: "bind", Source: dir, Destination: "/var/no-such-too", Options: []string{"rbind"}},
		{Type: "bind", Source: filepath.Join(dir, "f"), Destination: "/opt/no-such-file", Options: []string{"rbind"}},
	}
	out, failed, _ := run(t, Setup(hostContainer(t, s)))
	if want := "ininin2\n"; failed != "" || !strings.HasPrefix(out, want) || strings.Count(out, "refused") != 2 {
		t.Errorf("got %q %q, want %q and two refusals", out, failed, want)
	}
}

func TestHide(t *testing.T) {
	home, err := os.MkdirTemp("/var/tmp", "hide") // not below /tmp, which is fresh
	if err != nil {
		t.Skipf("no place outside of /tmp: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	secret, bound := filepath.Join(home, "secret"), filepath.Join(home, "secret", "bound")
	if err := os.MkdirAll(bound, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bound, "f"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := spec(shell("ls -A " + secret + " | wc -l; cat /data/f"))
	s.Mounts = []specs.Mount{
		{Type: "bind", Source: home, Destination: home, Options: []string{"rbind"}},
		{Type: "bind", Source: bound, Destination: "/data", Options: []string{"rbind"}},
	}
	c := hostContainer(t, s)
	c.Hide = []string{secret, "/no/such/directory"}
	if out, failed, _ := run(t, Setup(c)); out != "0\nmine" || failed != "" {
		t.Errorf("got %q %q", out, failed)
	}
}

func TestOverlayRoot(t *testing.T) {
	base := t.TempDir()
	l := Layers{}
	lower, over := "", filepath.Join(base, "base")
	if err := MakeBase(over); err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*string{"lower": &lower, "upper": &l.Upper, "work": &l.Work} {
		*p = filepath.Join(base, name)
		if err := os.Mkdir(*p, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	busybox, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Skip("needs a static /bin/busybox (package busybox-static)")
	}
	if err := os.Mkdir(filepath.Join(lower, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(lower, "bin/busybox"), busybox, 0o755); err != nil {
		t.Fatal(err)
	}
	// A planted link must lead nowhere outside.
	canary := filepath.Join(base, "canary")
	if err := os.Symlink(canary, filepath.Join(lower, "data")); err != nil {
		t.Fatal(err)
	}
	for _, planted := range []string{"proc", "dev"} {
		if err := os.Symlink(base, filepath.Join(lower, planted)); err != nil {
			t.Fatal(err)
		}
	}
	l.Lower = []string{over, lower}
	root, err := Overlay(l)
	if err != nil {
		t.Skipf("no overlay here: %v", err)
	}
	defer root.Close()
	s := spec(shell(""))
	s.Process.Args = []string{"/bin/busybox", "sh", "-c", "echo hi > /file; cat /file; pwd; /bin/busybox ls /"}
	s.Process.Cwd = "/made/here"
	s.Mounts = []specs.Mount{{Type: "tmpfs", Destination: "/data/x"}}
	if err := MakeMountPoints(root, s, nil, exchange.IDs{}); err != nil {
		t.Fatal(err)
	}
	c := hostContainer(t, s)
	c.Root = root
	out, failed, _ := run(t, Setup(c))
	if failed != "" {
		t.Fatal(failed)
	}
	if !strings.HasPrefix(out, "hi\n/made/here\nbin\ndata\ndev\netc\n") {
		t.Errorf("got %q", out)
	}
	if b, err := os.ReadFile(filepath.Join(l.Upper, "file")); err != nil || !bytes.Equal(b, []byte("hi\n")) {
		t.Errorf("writable layer: %q %v", b, err)
	}
	if _, err := os.Lstat(canary); err == nil {
		t.Error("the planted link was followed out of the root")
	}
}

func TestFailuresNameTheirObject(t *testing.T) {
	missing := spec(shell("true"))
	missing.Process.Args = []string{"no-such-command"}
	cwd := spec(shell("true"))
	cwd.Process.Cwd = "/nowhere"
	bind := spec(shell("true"))
	bind.Mounts = []specs.Mount{{Type: "bind", Source: "/no/such/source", Destination: "/data"}}
	user := spec(shell("true"))
	user.Process.User.UID = 999
	for want, s := range map[string]*specs.Spec{
		"execute no-such-command: no such file":     missing,
		"enter working directory /nowhere: no such": cwd,
		"read /no/such/source: no such file":        bind,
		"become 999:0: invalid argument":            user,
	} {
		_, failed, code := run(t, Setup(hostContainer(t, s)))
		if !strings.HasPrefix(failed, want) || code != 127 {
			t.Errorf("got %q (%d), want %q", failed, code, want)
		}
	}
}

func TestSysctls(t *testing.T) {
	s := spec(shell("cat /proc/sys/net/core/somaxconn /proc/sys/kernel/msgmax; echo 1 > /proc/sys/net/core/somaxconn || echo ro"))
	s.Linux.Sysctl = map[string]string{"net.core.somaxconn": "77", "kernel.msgmax": "9999"}
	out, failed, _ := run(t, Setup(hostContainer(t, s)))
	if failed != "" || !strings.HasPrefix(out, "77\n9999\n") || !strings.HasSuffix(out, "ro\n") {
		t.Errorf("got %q %q", out, failed)
	}
}

func TestInit(t *testing.T) {
	c := hostContainer(t, spec(shell("echo $$; exit 4")))
	c.Init = true
	out, failed, code := run(t, Setup(c))
	if out != "2\n" || failed != "" || code != 4 {
		t.Errorf("got %q %q %d", out, failed, code)
	}
}

func BenchmarkStart(b *testing.B) {
	c := hostContainer(b, spec(shell("true")))
	for b.Loop() {
		if _, failed, _ := run(b, Setup(c)); failed != "" {
			b.Fatal(failed)
		}
	}
}
