package state

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// holding is set in a child that takes a named lock, and says so.
const holding = "MOCKER_TEST_NAMED_LOCK"

func TestMain(m *testing.M) {
	if path := os.Getenv(holding); path != "" {
		if _, err := TryNamed(path, "demo"); err != nil {
			os.Exit(1)
		}
		os.Stdout.WriteString("held\n")
		_, _ = os.Stdin.Read(make([]byte, 1)) // until the test ends us
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// hold starts a process that has the lock "demo".
func hold(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), holding+"="+path)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); c.Process.Kill(); c.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "held\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return c
}

// A lock that another process has says which; killed, that process has it no more, and
// nothing has to be cleaned. Other names are free meanwhile.
func TestNamedOfAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "locks")
	c := hold(t, path)
	_, err := TryNamed(path, "demo")
	var held *HeldError
	if !errors.As(err, &held) || held.PID != c.Process.Pid {
		t.Fatalf("%v, want that %d has it", err, c.Process.Pid)
	}
	if release, err := TryNamed(path, "other"); err != nil {
		t.Errorf("another name: %v", err)
	} else {
		release()
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.Wait()
	release, err := TryNamed(path, "demo")
	if err != nil {
		t.Fatal(err)
	}
	release()
}

// A process may take a name twice, and has it until it has released it twice: what it
// releases once more than that is another's.
func TestNamedTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "locks")
	first, err := TryNamed(path, "demo")
	if err != nil {
		t.Fatal(err)
	}
	second, err := TryNamed(path, "demo")
	if err != nil {
		t.Fatal(err)
	}
	first()
	first()
	taken := func() bool {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), holding+"="+path)
		return c.Run() == nil
	}
	if taken() {
		t.Error("the lock went with the first of two releases")
	}
	second()
	if !taken() {
		t.Error("the lock is still held after the second release")
	}
}

// A file that somebody has removed locks nothing any more: another is made.
func TestNamedFileRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "locks")
	release, err := TryNamed(path, "demo")
	if err != nil {
		t.Fatal(err)
	}
	release()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	c := hold(t, path)
	var held *HeldError
	if _, err := TryNamed(path, "demo"); !errors.As(err, &held) || held.PID != c.Process.Pid {
		t.Errorf("%v, want that %d has it", err, c.Process.Pid)
	}
}
