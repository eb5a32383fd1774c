package sandbox

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/capability"
	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// hunted is a container whose first process is the hunter.
type hunted struct {
	*launched
	lines *bufio.Reader
}

func newHunted(t *testing.T, caps ...string) *hunted {
	t.Helper()
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	// An open directory of outside, as a holder has many.
	f, err := os.Open(outside)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	copy(memoryMark[:], memoryToken)
	all, err := capability.Apply(caps, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := spec(&specs.Process{
		Args: []string{"/hunter"}, Cwd: "/", Env: []string{hunterEnv + "=" + outside},
		Capabilities: &specs.LinuxCapabilities{Bounding: all, Permitted: all, Effective: all},
	})
	s.Mounts = []specs.Mount{{Type: "bind", Source: exe, Destination: "/hunter", Options: []string{"bind", "ro"}}}
	l := launch(t, Setup(hostContainer(t, s)))
	if _, failed := l.report(t); failed != "" {
		t.Fatal(failed)
	}
	h := &hunted{l, bufio.NewReader(l.out)}
	if line, err := h.lines.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the hunter says %q, %v", line, err)
	}
	return h
}

// end asks the hunter what it got.
func (h *hunted) end(t *testing.T) prey {
	t.Helper()
	if err := unix.PidfdSendSignal(int(h.pidfd.Fd()), unix.SIGTERM, nil, 0); err != nil {
		t.Fatal(err)
	}
	line, err := h.lines.ReadString('\n')
	var p prey
	if err != nil || json.Unmarshal([]byte(line), &p) != nil {
		t.Fatalf("the hunter says %q, %v", line, err)
	}
	h.wait()
	return p
}

func (h *hunted) command() Command {
	p := shell("true")
	p.Args = []string{"/bin/true"}
	return Command{Process: p, Pidfd: h.pidfd, SingleID: true}
}

// count is how often a test does something: the number in the environment, or few.
func count(t *testing.T, name string, few int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestExecIsNotCaught executes commands in a container whose first process hunts
// for them. With docker's capabilities it must not be able to open anything of a
// process that sets itself up; with CAP_SYS_PTRACE it can, but whatever it finds
// is inside.
func TestExecIsNotCaught(t *testing.T) {
	for name, caps := range map[string][]string{"default": nil, "ptrace": {"SYS_PTRACE"}, "all": {"ALL"}} {
		t.Run(name, func(t *testing.T) {
			n, seen := count(t, "MOCKER_TEST_EXECS", 100), 0
			for round := 0; seen < 3 && round < 10; round++ { // on a busy machine the hunter gets no turn
				seen += huntExecs(t, n, caps)
			}
			if seen < 3 {
				t.Errorf("the hunter saw %d processes: it proves nothing", seen)
			}
		})
	}
}

// huntExecs executes n commands and returns how many processes the hunter saw.
func huntExecs(t *testing.T, n int, caps []string) int {
	t.Helper()
	h := newHunted(t, caps...)
	for i := range n {
		p := Join(h.command())
		if i%10 == 9 {
			p = SignalAll(h.pidfd, unix.SIGCONT)
		}
		if _, failed, code := run(t, p); failed != "" || code != 0 {
			t.Fatalf("exec: %q, code %d", failed, code)
		}
	}
	got := h.end(t)
	t.Logf("%d execs: %+v", n, got)
	if len(got.Escapes) > 0 {
		t.Errorf("the hunter got outside: %v", got.Escapes)
	}
	if caps == nil && len(got.Opened) > 0 {
		t.Errorf("the hunter opened %v of processes that set themselves up", got.Opened)
	}
	return got.Seen
}

// TestNaiveExecIsCaught is the control: a process that is born inside and joins
// the rest from there, as we once did and others too (CVE-2016-9962).
func TestNaiveExecIsCaught(t *testing.T) {
	escapes := map[string]int{}
	ways := []string{"root", "descriptor", "binary", "memory"}
	missing := ways
	for hunt := 0; hunt < 10 && len(missing) > 0; hunt++ { // it may have bad luck
		h := newHunted(t, "SYS_PTRACE")
		for begin := time.Now(); time.Since(begin) < time.Second; {
			for range 50 {
				naiveExec(t, h)
			}
		}
		got := h.end(t)
		t.Logf("%+v", got)
		for way, n := range got.Escapes {
			escapes[way] += n
		}
		missing = slices.DeleteFunc(slices.Clone(ways), func(way string) bool { return escapes[way] > 0 })
	}
	if len(missing) > 0 {
		t.Errorf("the hunter did not get out by its %q: the test proves nothing", missing)
	}
}

func naiveExec(t *testing.T, h *hunted) {
	t.Helper()
	var p program.Program
	p.Do("join", unix.SYS_SETNS, FirstFile, unix.CLONE_NEWNS|unix.CLONE_NEWNET)
	p.Do("close", unix.SYS_CLOSE_RANGE, 3, uint32(0xffffffff), unix.CLOSE_RANGE_CLOEXEC)
	p.Do("execute", unix.SYS_EXECVE, "/bin/true", []string{"true"}, []string{})
	img, err := p.Image(StatusFile, false)
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	null, _ := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	defer null.Close()
	pid := make(chan int)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its goroutine
		if err := unix.Setns(int(h.pidfd.Fd()), unix.CLONE_NEWPID); err != nil {
			t.Error(err)
		}
		n := null.Fd()
		id, err := syscall.ForkExec("/proc/self/fd/3", []string{"x"}, &syscall.ProcAttr{Files: []uintptr{n, n, n, img.Fd(), n, h.pidfd.Fd()}})
		if err != nil {
			t.Error(err)
		}
		pid <- id
	}()
	var ws unix.WaitStatus
	if _, err := unix.Wait4(<-pid, &ws, 0, nil); err != nil || ws.ExitStatus() != 0 {
		t.Errorf("naive exec: %v %v", err, ws)
	}
}

// TestJoinFailuresNameTheirObject: what fails before and after the hand-over.
func TestJoinFailuresNameTheirObject(t *testing.T) {
	h := newHunted(t)
	defer h.end(t)
	for want, change := range map[string]func(*specs.Process){
		"execute no-such-command: no such file":     func(p *specs.Process) { p.Args = []string{"no-such-command"} },
		"enter working directory /nowhere: no such": func(p *specs.Process) { p.Cwd = "/nowhere" },
		"become 999:0: invalid argument":            func(p *specs.Process) { p.User.UID = 999 },
	} {
		c := h.command()
		change(c.Process)
		_, failed, code := run(t, Join(c))
		if !strings.HasPrefix(failed, want) || code != 127 {
			t.Errorf("got %q (%d), want %q", failed, code, want)
		}
	}
}
