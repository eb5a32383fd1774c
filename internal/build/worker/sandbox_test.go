package worker_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// A step has what docker's build gives it of privileges, and sees nothing of the host.
func TestSandbox(t *testing.T) {
	s := newSite(t)
	if s == nil {
		return
	}
	insecure := func(j *build.RunJob) { j.Run.Insecure = true }
	for _, c := range []struct {
		name, script, want string
		change             func(*build.RunJob)
	}{
		{"capabilities", "grep CapEff /proc/self/status | cut -f2", "00000000a80425fb", nil},
		{"seccomp", "grep Seccomp: /proc/self/status | cut -f2; unshare -U true 2>/dev/null || echo no", "2\nno", nil},
		{"processes", "set -- /proc/[0-9]*; echo $#", "1", nil}, // itself
		{"mounts", "mount -t tmpfs x /mnt 2>/dev/null || echo no; cat /proc/keys; echo x 2>/dev/null >/proc/sys/kernel/hostname || echo ro; touch /sys/x 2>/dev/null || echo ro", "no\nro\nro", nil},
		{"devices", "cd /dev; echo $(ls)", "core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero", nil},
		{"names", "hostname; cat /proc/self/cgroup | grep -v '^0::/$' | grep -c '^0::' || true", "buildkitsandbox\n0", nil},
		{"input", "cat; echo end", "end", nil},
		{"terminal", "test -t 1 || echo none; echo x 2>/dev/null >/dev/tty || echo none", "none\nnone", nil},
		{"insecure", "grep Seccomp: /proc/self/status | cut -f2; mkdir -p /mnt && mount -t tmpfs x /mnt && echo yes", "0\nyes", insecure},
		{"shm", "df -k /dev/shm | tail -1 | awk '{print $2}'", "2048", func(j *build.RunJob) { j.Machine.ShmSize = 2 << 20 }},
		{"ulimits", "ulimit -n; ulimit -Hn", "64\n128", func(j *build.RunJob) {
			j.Machine.Ulimits = map[string]build.Limit{"nofile": {Soft: 64, Hard: 128}}
		}},
		{"environment", "echo $A $B $http_proxy $HOME", "1 2 http://p /root", func(j *build.RunJob) {
			j.Run.Env, j.Run.Proxy = []string{"A=0", "B=2", "A=1"}, []string{"http_proxy=http://p"}
		}},
		{"no network", "cat /sys/class/net/*/uevent | grep -c INTERFACE; grep -c nameserver /etc/resolv.conf || true", "1\n0", func(j *build.RunJob) { j.Run.Network = "none" }},
		{"network", "ls /sys/class/net; grep nameserver /etc/resolv.conf; nslookup other.test >/dev/null && grep -c other.test /etc/hosts", "eth0\nlo\nnameserver 127.0.0.11\n1",
			func(j *build.RunJob) { j.Machine.Hosts = []string{"other.test=192.0.2.7"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, out, err := s.run(c.script, c.change); err != nil || strings.TrimSpace(out) != c.want {
				t.Errorf("%v: it says %q, want %q", err, out, c.want)
			}
		})
	}
}

func TestNetworkOfTheHost(t *testing.T) {
	s := newSite(t)
	if s == nil {
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprintln(c, "from the host")
			c.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	ask := "timeout 5 nc 127.0.0.1 " + port + " </dev/null"
	if _, out := s.must(ask, func(j *build.RunJob) { j.Machine.Network = "host" }); out != "from the host" {
		t.Errorf("in the host's network: %q", out)
	}
	if _, out, err := s.run(ask, nil); err == nil {
		t.Errorf("a step reaches the host's loopback: %q", out)
	}
}

// What could not be executed has the shell's codes, and says why.
func TestExecFailures(t *testing.T) {
	s := newSite(t, imagetest.File{Name: "plain", Text: "no program", Mode: 0o644}, imagetest.File{Name: "odd", Text: "\x00\x01", Mode: 0o755})
	if s == nil {
		return
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"not-there"}, 127, "executable file not found in $PATH"},
		{[]string{"/not/there"}, 127, "no such file or directory"},
		{[]string{"/plain"}, 126, "permission denied"},
		{[]string{"/odd"}, 126, "exec format error"},
		{[]string{"/bin/sh", "-c", "kill -9 $$; sleep 1"}, 0, ""}, // the first process of a namespace does not die of its own signal
		{[]string{"/bin/sh", "-c", "sh -c 'kill -9 $$'; exit $?"}, 137, ""},
	} {
		_, out, err := s.run("", func(j *build.RunJob) { j.Run.Args = c.args })
		var exit *build.ExitError
		errors.As(err, &exit)
		if code := exit; (code == nil) != (c.code == 0) || code != nil && code.Code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%q: %v, %q", c.args, err, out)
		}
	}
}

// The agent of the host answers a step of any user, by a socket that is not its own.
func TestAgent(t *testing.T) {
	s := newSite(t, imagetest.File{Name: "etc/passwd", Text: "app:x:1000:1000::/:/bin/sh\n"})
	if s.manyIDs() == nil {
		return
	}
	path := filepath.Join(t.TempDir(), strings.Repeat("long", 30)) // with the name longer than sun_path
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	dir, tool := openDir(t, path), openDir(t, t.TempDir())
	self, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(tool.Name()+"/dial", self, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), "agent"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			line, _ := bufio.NewReader(c).ReadString('\n')
			fmt.Fprint(c, "heard "+line)
			c.Close()
		}
	}()
	uid := 1000
	with := func(agent string, required bool) func(*build.RunJob) {
		return func(j *build.RunJob) {
			j.Run.User, j.Run.Env = "app", []string{dialEnv + "=/run/buildkit/ssh_agent.0"}
			j.Run.Mounts = []build.Mount{{Type: "bind", Target: "/tool", ReadOnly: true}, {Type: "ssh", ID: "default", Target: "/run/buildkit/ssh_agent.0", UID: &uid, Required: required}}
			j.Mounts = []build.Mounted{{Dir: tool}, {Agent: agent, Absent: agent == ""}}
		}
	}
	const script = "echo me | /tool/dial; stat -c '%a %u' /run/buildkit/ssh_agent.0"
	_, out, err := s.run(script, with(filepath.Join(path, "agent"), true))
	if err != nil || strings.TrimSpace(out) != "heard me\n600 1000" {
		t.Errorf("%v: %q", err, out)
	}
	if _, _, err := s.run("true", with("", false)); err != nil {
		t.Errorf("no agent, none required: %v", err)
	}
	if _, _, err := s.run("true", with("", true)); err == nil {
		t.Error("a required agent is not there, and it runs")
	}
}

func openDir(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// dialEnv makes the test binary a program that talks to a socket.
const dialEnv = "MOCKER_TEST_BUILD_DIAL"

func dial(path string) int {
	c, err := net.Dial("unix", path)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	fmt.Fprint(c, line)
	_, _ = io.Copy(os.Stdout, c)
	return 0
}
