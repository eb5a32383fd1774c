package pidfd

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

const childEnv = "PIDFD_TEST_CHILD"

// TestMain: as a child, live until standard input is closed.
func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		io.Copy(io.Discard, os.Stdin)
		return
	}
	os.Exit(m.Run())
}

// start runs a child; closing in ends it.
func start(t *testing.T) (cmd *exec.Cmd, in io.Closer, p *FD) {
	t.Helper()
	cmd = exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childEnv+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	p, err = Open(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return cmd, in, p
}

func TestManyWaitersAndOneThatGivesUp(t *testing.T) {
	cmd, in, p := start(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := p.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("no longer of interest")
	given := make(chan error)
	go func() { given <- p.Wait(ctx) }()
	cancel(why)
	if err := <-given; !errors.Is(err, why) {
		t.Errorf("cancelled wait: %v", err)
	}
	if ended, err := p.Exited(); ended || err != nil {
		t.Errorf("exited %t, %v while it runs", ended, err)
	}
	in.Close()
	wg.Wait()
	if ended, err := p.Exited(); !ended || err != nil {
		t.Errorf("exited %t, %v after its end", ended, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the waits took the child's status: %v", err)
	}
	if err := p.Wait(t.Context()); err != nil {
		t.Errorf("wait after the reaping: %v", err)
	}
}

func TestSignalAndPID(t *testing.T) {
	cmd, _, p := start(t)
	if pid, err := p.PID(); pid != cmd.Process.Pid || err != nil {
		t.Errorf("pid %d, %v, want %d", pid, err, cmd.Process.Pid)
	}
	if err := p.Signal(unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if err := p.Signal(unix.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("signal after the end: %v", err)
	}
	if _, err := p.PID(); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("pid after the end: %v", err)
	}
	if _, err := Open(cmd.Process.Pid); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("open after the end: %v", err)
	}
}

func TestCancelledBeforehand(t *testing.T) {
	_, _, p := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestParsePID(t *testing.T) {
	for text, want := range map[string]int{
		"pos:\t0\nPid:\t42\nNSpid:\t42\n": 42, "Pid:\t-1\n": 0, "Pid:\t0\n": 0, "pos:\t0\n": 0, "Pid:\tx\n": 0, "": 0,
	} {
		got, err := parsePID(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
}
