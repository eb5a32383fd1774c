package e2e

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// exec without -T gives the command a real terminal, whose size follows ours.
func TestExecTerminal(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	s.must("up", "-d")
	master, slave := openPTY(t)
	defer master.Close()
	setSize(t, master, 33, 111)
	cmd := s.command(t.Context(), "exec", "a", "./probe", "tty")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	screen := watch(master)
	for _, want := range []string{"fd 0 terminal true", "fd 1 terminal true", "fd 2 terminal true", "size 33 111"} {
		s.eventually(want, func() bool { return bytes.Contains(screen.bytes(), []byte(want)) })
	}
	setSize(t, master, 44, 99)
	s.eventually("the new size", func() bool { return bytes.Contains(screen.bytes(), []byte("size 44 99")) })
	if _, err := master.Write([]byte{3}); err != nil { // Ctrl-C
		t.Fatal(err)
	}
	err := cmd.Wait()
	if err == nil || cmd.ProcessState.ExitCode() != 130 && cmd.ProcessState.ExitCode() != 2 {
		t.Errorf("after Ctrl-C: %v, want the command's end by SIGINT", err)
	}
}

type screen struct {
	mu  sync.Mutex
	all []byte
}

func (s *screen) bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.all)
}

// watch collects what a terminal shows until its other end is closed.
func watch(master *os.File) *screen {
	s := &screen{}
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			s.mu.Lock()
			s.all = append(s.all, b[:n]...)
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return s
}

// openPTY opens a new pseudo-terminal (pts(4)).
func openPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	n, err := unix.IoctlGetUint32(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

func setSize(t *testing.T, master *os.File, rows, cols uint16) {
	t.Helper()
	if err := unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols}); err != nil {
		t.Fatal(err)
	}
}
