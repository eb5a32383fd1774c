package testns

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Kind is a set of namespaces, the CLONE_NEW flags of clone(2).
type Kind uintptr

// The namespaces that Isolated makes. User is always one of them.
const (
	User  Kind = unix.CLONE_NEWUSER
	Mount Kind = unix.CLONE_NEWNS
	PID   Kind = unix.CLONE_NEWPID
	Net   Kind = unix.CLONE_NEWNET
	UTS   Kind = unix.CLONE_NEWUTS
	IPC   Kind = unix.CLONE_NEWIPC
)

const isolatedEnv = "MOCKER_TESTNS"

// Isolated runs the calling test, which must be a top-level one, again in a
// child process in a fresh user namespace (with the caller as its root) and the
// given others. It returns true in the child, where the test does its work. In
// the parent it reports the child's result and returns false: return then.
//
//	if !testns.Isolated(t, testns.Mount|testns.PID) {
//		return
//	}
//
// With Mount, all mounts of the child are private; with Mount and PID, /proc
// shows the new pid namespace.
func Isolated(t *testing.T, kind Kind) bool {
	t.Helper()
	if Inside(t) {
		enter(t, kind)
		return true
	}
	RequireUserNamespaces(t)
	args := []string{"-test.run=^" + regexp.QuoteMeta(t.Name()) + "$", "-test.v", "-test.count=1"}
	if deadline, ok := t.Deadline(); ok {
		args = append(args, "-test.timeout="+time.Until(deadline).Round(time.Second).String())
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), isolatedEnv+"="+t.Name())
	cmd.SysProcAttr = singleID(kind)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	report(t, out.String(), err)
	return false
}

// Inside tells that the calling test is in the child of [Isolated].
func Inside(t *testing.T) bool { return os.Getenv(isolatedEnv) == t.Name() }

// singleID maps the caller, and nobody else, to root of a new user namespace.
func singleID(kind Kind) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  uintptr(User | kind),
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   0, // by thread, not by process: the child may outlive the thread that started it
	}
}

func enter(t *testing.T, kind Kind) {
	t.Helper()
	if kind&Mount == 0 {
		return
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatalf("make mounts private: %v", err)
	}
	if kind&PID == 0 {
		return
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		t.Skipf("mount /proc in a new pid namespace: %v: something in this machine's /proc is masked (a container?)", err)
	}
}

func report(t *testing.T, out string, err error) {
	t.Helper()
	switch {
	case err != nil:
		t.Fatalf("in namespaces: %v\n%s", err, out)
	case strings.Contains(out, "--- SKIP: "+t.Name()):
		t.Skipf("in namespaces: %s", strings.TrimSpace(skipLines(out)))
	case !strings.Contains(out, "--- PASS: "+t.Name()):
		t.Fatalf("in namespaces: the test did not run\n%s", out)
	default:
		t.Logf("in namespaces:\n%s", out)
	}
}

// skipLines leaves the lines that a test wrote itself.
func skipLines(out string) string {
	var own []string
	for line := range strings.Lines(out) {
		if l := strings.TrimSpace(line); l != "" && l != "PASS" && !strings.HasPrefix(l, "===") && !strings.HasPrefix(l, "---") {
			own = append(own, l)
		}
	}
	return strings.Join(own, " ")
}
