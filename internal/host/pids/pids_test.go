package pids

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// start runs a command and returns its pidfd.
func start(t *testing.T, args ...string) (*exec.Cmd, *os.File) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	fd := -1
	cmd.SysProcAttr = &syscall.SysProcAttr{PidFD: &fd}
	if err := cmd.Start(); err != nil {
		t.Skipf("%s: %v", args[0], err)
	}
	f := os.NewFile(uintptr(fd), "pidfd")
	t.Cleanup(func() {
		_ = unix.PidfdSendSignal(int(f.Fd()), unix.SIGKILL, nil, 0)
		_ = cmd.Wait()
		f.Close()
	})
	return cmd, f
}

func TestOf(t *testing.T) {
	cmd, f := start(t, "sleep", "60")
	if pid, err := Of(f); err != nil || pid != cmd.Process.Pid {
		t.Errorf("pid %d, %v, want %d", pid, err, cmd.Process.Pid)
	}
	for State(cmd.Process.Pid) != 'S' {
		time.Sleep(time.Millisecond)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if pid, err := Of(f); err == nil {
		t.Errorf("a process that has ended has pid %d", pid)
	}
	if s := State(cmd.Process.Pid); s != 0 {
		t.Errorf("a process that has ended is in state %c", s)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if _, err := Of(null); err == nil {
		t.Error("/dev/null is no pidfd")
	}
}

func TestIgnores(t *testing.T) {
	_, plain := start(t, "sleep", "60")
	_, deaf := start(t, "sh", "-c", "trap '' TERM; exec sleep 60")
	_, listens := start(t, "sh", "-c", "trap : TERM; while :; do sleep 60; done")
	for n := 0; !Ignores(deaf, unix.SIGTERM, false); n++ {
		if n > 5000 {
			t.Fatal("what ignores SIGTERM does not count as ignoring it")
		}
		time.Sleep(time.Millisecond)
	}
	for n := 0; Ignores(listens, unix.SIGTERM, true); n++ {
		if n > 5000 {
			t.Fatal("what handles SIGTERM counts as ignoring it")
		}
		time.Sleep(time.Millisecond)
	}
	if Ignores(plain, unix.SIGTERM, false) {
		t.Error("what dies of SIGTERM counts as ignoring it")
	}
	if !Ignores(plain, unix.SIGTERM, true) {
		t.Error("the first of a pid namespace never sees a SIGTERM that it does not handle")
	}
	if Ignores(deaf, unix.SIGKILL, true) || Ignores(nil, unix.SIGTERM, true) {
		t.Error("nobody ignores SIGKILL, and nothing is known without a process")
	}
}
