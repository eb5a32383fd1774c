package e2e

import (
	"bytes"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/capability"
	"github.com/mocker-compose/mocker-compose/internal/seccomp"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// openable are the device nodes of this machine that anybody may open.
func (s *scenario) openable() []string { return s.nodes(true) }

// unopenable is one that this user may not, "" if there is none.
func (s *scenario) unopenable() string {
	if list := s.nodes(false); len(list) > 0 {
		return list[0]
	}
	return ""
}

func (s *scenario) nodes(open bool) (list []string) {
	for _, dir := range []string{"/dev", "/dev/net"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			if e.Type()&fs.ModeDevice == 0 {
				continue
			}
			if err := unix.Access(path, unix.R_OK|unix.W_OK); (err == nil) == open {
				list = append(list, path)
			}
		}
	}
	return list
}

// What the filter answers to each call of each ABI is what moby's profile says.
func TestSeccompAgrees(t *testing.T) {
	s := begin(t, `
services:
  default: { command: ./probe pause }
  admin: { command: ./probe pause, cap_add: [SYS_ADMIN, NET_ADMIN, SYS_PTRACE, BPF] }
  none: { command: ./probe pause, cap_drop: [ALL] }
  open: { command: ./probe pause, security_opt: ["seccomp=unconfined"] }
  all: { command: ./probe pause, privileged: true }
`)
	s.must("up", "-d")
	for service, c := range map[string]struct {
		add, drop []string
		none      bool
	}{
		"default": {}, "admin": {add: []string{"SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "BPF"}}, "none": {drop: []string{"ALL"}},
		"open": {none: true}, "all": {none: true},
	} {
		t.Run(service, func(t *testing.T) {
			caps, err := capability.Apply(c.add, c.drop)
			if err != nil {
				t.Fatal(err)
			}
			profile, err := seccomp.DefaultProfile(caps)
			if err != nil {
				t.Skip(err)
			}
			if c.none {
				profile = &specs.LinuxSeccomp{DefaultAction: specs.ActAllow}
			}
			compare(t, profile, s.in(t).callResults(service))
		})
	}
}

// callResults are the answers by ABI and number.
func (s *scenario) callResults(service string) map[string]map[int]int {
	s.t.Helper()
	r := s.compose("exec", "-T", service, "./probe", "calls")
	if r.code != 0 { // a kernel that has no 32-bit calls ends who makes one
		r = s.compose("exec", "-T", "-e", "PROBE_NO_I386=1", service, "./probe", "calls")
	}
	if r.code != 0 {
		s.t.Fatalf("probe calls: exit %d\n%s", r.code, r.stderr)
	}
	all := map[string]map[int]int{}
	for line := range strings.Lines(r.stdout) {
		f := strings.Fields(line)
		nr, err1 := strconv.Atoi(f[1])
		errno, err2 := strconv.Atoi(f[2])
		if err1 != nil || err2 != nil {
			s.t.Fatalf("probe calls: %q", line)
		}
		if all[f[0]] == nil {
			all[f[0]] = map[int]int{}
		}
		all[f[0]][nr] = errno
	}
	return all
}

// compare holds the answers against a profile, read straight from its text: all
// arguments were zero.
func compare(t *testing.T, p *specs.LinuxSeccomp, results map[string]map[int]int) {
	tokens := map[string]specs.Arch{"x86_64": specs.ArchX86_64, "x32": specs.ArchX32, "i386": specs.ArchX86, "aarch64": specs.ArchAARCH64}
	checked := 0
	for abi, answers := range results {
		rules, newest := map[int][]specs.LinuxSyscall{}, 0
		for _, rule := range p.Syscalls {
			for _, name := range rule.Names {
				if nr, ok := seccomp.Number(tokens[abi], name); ok {
					rules[nr] = append(rules[nr], rule)
					newest = max(newest, nr)
				}
			}
		}
		for nr, got := range answers {
			checked++
			if want := expected(p, rules[nr], nr > newest); got != want {
				t.Errorf("%s call %d: errno %d, want %d", abi, nr, got, want)
			}
		}
	}
	if checked < 600 {
		t.Errorf("only %d calls were made", checked)
	}
}

// expected is the errno of a call with zeros as arguments, 0 if it is allowed.
func expected(p *specs.LinuxSeccomp, rules []specs.LinuxSyscall, isNew bool) int {
	answer := func(action specs.LinuxSeccompAction, errno *uint) int {
		switch {
		case action == specs.ActAllow:
			return 0
		case errno == nil:
			return int(unix.EPERM)
		}
		return int(*errno)
	}
	for _, conditional := range []bool{true, false} {
		for _, r := range rules {
			if conditional == (len(r.Args) > 0) && zerosMatch(r.Args) {
				return answer(r.Action, r.ErrnoRet)
			}
		}
	}
	if isNew && p.DefaultAction == specs.ActErrno {
		return int(unix.ENOSYS)
	}
	return answer(p.DefaultAction, p.DefaultErrnoRet)
}

// zerosMatch tells whether conditions hold for arguments that are zero; if they
// name one argument twice, one of them suffices.
func zerosMatch(args []specs.LinuxSeccompArg) bool {
	holds, seen, twice := 0, map[uint]bool{}, false
	for _, a := range args {
		twice = twice || seen[a.Index]
		seen[a.Index] = true
		ok := map[specs.LinuxSeccompOperator]bool{
			specs.OpEqualTo: a.Value == 0, specs.OpNotEqual: a.Value != 0, specs.OpLessThan: 0 < a.Value, specs.OpLessEqual: true,
			specs.OpGreaterThan: false, specs.OpGreaterEqual: a.Value == 0, specs.OpMaskedEqual: a.ValueTwo == 0,
		}[a.Op]
		if ok {
			holds++
		}
	}
	return holds == len(args) || twice && holds > 0
}

// A profile of the user's own is loaded for the service, exec and health check;
// one that changes makes a new container.
func TestSeccompProfile(t *testing.T) {
	const service = `
services:
  a:
    command: sh -c 'mkdir /tmp/start 2>/tmp/said; touch /tmp/ready; exec ./probe pause'
    security_opt: ["seccomp:profiles/mine.json"%s]
    healthcheck: { test: [CMD-SHELL, 'mkdir /tmp/health 2>/dev/null; test ! -d /tmp/health -a -e /tmp/ready'], start_period: 60s, start_interval: 100ms }
`
	for _, also := range []string{"", `, "no-new-privileges:true"`} {
		s := begin(t, fmt.Sprintf(service, also))
		profile := func(errno int) {
			s.write("profiles/mine.json", fmt.Sprintf(`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": %d}]}`, errno))
		}
		profile(int(unix.EXDEV))
		s.must("up", "-d", "--wait")
		if said := s.must("exec", "-T", "a", "cat", "/tmp/said"); !strings.Contains(said, "ross-device") {
			t.Errorf("mkdir at the start says %q", said)
		}
		if r := s.compose("exec", "-T", "a", "mkdir", "/tmp/exec"); r.code == 0 || !strings.Contains(r.stderr, "ross-device") {
			t.Errorf("mkdir by exec: exit %d %s", r.code, r.stderr)
		}
		id := s.ps()["a-1"].ID
		s.must("up", "-d", "--wait")
		if s.ps()["a-1"].ID != id {
			t.Error("the same profile made a new container")
		}
		profile(int(unix.EDOM))
		s.must("up", "-d", "--wait")
		if s.ps()["a-1"].ID == id {
			t.Error("another profile made no new container")
		}
		if r := s.compose("exec", "-T", "a", "mkdir", "/tmp/exec"); !strings.Contains(r.stderr, "omain") {
			t.Errorf("mkdir by exec with the new profile: %s", r.stderr)
		}
	}
}

// Of each masked path of /proc and /sys that this machine has nothing can be
// read, written or uncovered; read-only paths cannot be written.
func TestMasks(t *testing.T) {
	s := begin(t, `
services:
  a: { command: ./probe pause }
  bare: { command: ./probe pause, security_opt: ["systempaths=unconfined"] }
`)
	s.must("up", "-d")
	masked := slices.Concat(sandbox.MaskedPaths, sandbox.ThermalPaths())
	present := 0
	st := statusOf(s.must(append([]string{"exec", "-T", "a", "./probe", "look"}, slices.Concat(masked, sandbox.ReadonlyPaths)...)...))
	gone := s.must(append([]string{"exec", "-T", "a", "./probe", "unmount"}, slices.Concat(masked, sandbox.ReadonlyPaths)...)...)
	for _, p := range masked {
		if _, err := os.Lstat(p); err != nil {
			continue
		}
		present++
		if st["read "+p] != "empty" {
			t.Errorf("read %s: %s", p, st["read "+p])
		}
		// /dev/null in place of a file takes what is written, and forgets it.
		if info, err := os.Stat(p); err == nil && info.IsDir() && st["write "+p] != "no" {
			t.Errorf("write %s: %s", p, st["write "+p])
		}
		if !strings.Contains(gone, p+" stays") {
			t.Errorf("the mask of %s can be taken away", p)
		}
	}
	for _, p := range sandbox.ReadonlyPaths {
		if _, err := os.Lstat(p); err == nil && (st["write "+p] != "no" || !strings.Contains(gone, p+" stays")) {
			t.Errorf("%s: write %s, %s", p, st["write "+p], gone)
		}
	}
	if present < 3 {
		t.Errorf("this machine has %d of the masked paths: nothing was tested", present)
	}
	if r := s.compose("exec", "-T", "bare", "sh", "-c", "grep -c . /proc/interrupts"); r.code != 0 {
		t.Errorf("with systempaths=unconfined /proc/interrupts is masked: %s", r.stderr)
	}
}

// A program inside cannot type into the caller's terminal: it has one of its own.
func TestTerminalInjection(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n  tty: { command: sh -c './probe inject /dev/tty /proc/self/fd/0; exec ./probe pause', tty: true, cap_add: [SYS_ADMIN] }\n")
	s.must("up", "-d")
	master, slave := openPTY(t)
	defer master.Close()
	for _, args := range [][]string{
		{"exec", "a", "./probe", "inject", "/dev/tty", "/proc/self/fd/0"},
		{"run", "--rm", "a", "./probe", "inject", "/dev/tty", "/proc/self/fd/0"},
		{"exec", "--privileged", "a", "./probe", "inject", "/dev/tty", "/proc/self/fd/0"},
	} {
		cmd := s.command(t.Context(), args...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
		if err := cmd.Run(); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
	n, err := unix.IoctlGetInt(int(slave.Fd()), unix.TIOCINQ)
	if err != nil || n != 0 {
		t.Errorf("%d bytes were put into the caller's terminal, %v", n, err)
	}
	slave.Close()
	shown := make([]byte, 1<<16)
	n, _ = master.Read(shown)
	if !bytes.Contains(shown[:n], []byte("injected")) {
		t.Errorf("the probe did not run: %q", shown[:n])
	}
	s.eventually("the service has tried too", func() bool { return strings.Contains(strings.Join(s.logLines("tty"), "\n"), "injected") })
	if _, err := os.Lstat(filepath.Join(s.dir, "injected")); err == nil {
		t.Error("what was injected was executed")
	}
}

// The host's abstract sockets are out of reach, but for who has its network.
func TestAbstractSockets(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n  host: { command: ./probe pause, network_mode: host }\n")
	name := "mocker-" + s.project
	l, err := net.Listen("unix", "@"+name)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := s.compose("up", "-d")
	if r.code != 0 || strings.Count(r.stderr, "abstract unix sockets") != 1 {
		t.Errorf("up: exit %d, and one line about host's network: %s", r.code, r.stderr)
	}
	for service, want := range map[string]string{"a": "closed", "host": "open"} {
		if got := strings.TrimSpace(s.must("exec", "-T", service, "./probe", "abstract", name)); got != name+" "+want {
			t.Errorf("%s: %s, want %s", service, got, want)
		}
	}
}
